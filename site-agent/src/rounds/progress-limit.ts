import { ConsiliumError } from '@consilium/protocol';

/** A transfer that moves nothing for this long is broken off and taken up again where it stopped. */
export const STALL_MS = 60_000;

/** Watches a transfer of any size: only standing still ends it. */
export interface ProgressLimit {
  /** Something moved. */
  readonly moved: () => void;
  readonly end: () => void;
}

export function progressLimit(onStall: (error: ConsiliumError) => void, ms: number = STALL_MS): ProgressLimit {
  const stalled = () =>
    onStall(
      new ConsiliumError({
        code: 'TRANSFER_STALLED',
        errorClass: 'timeout',
        message: `A transfer moved nothing for ${Math.round(ms / 1000)} s.`,
        fix: 'The agent takes it up again where it stopped; check the network if this lasts.',
      }),
    );
  let timer = setTimeout(stalled, ms);
  return {
    moved: () => {
      clearTimeout(timer);
      timer = setTimeout(stalled, ms);
    },
    end: () => clearTimeout(timer),
  };
}
