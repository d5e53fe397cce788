import { ConsiliumError } from '@consilium/protocol';

/** A transfer that moves nothing for this long is ended; the site has the same limit and takes it up again. */
export const STALL_MS = 60_000;

/** Watches a transfer of any size and at any speed: only standing still ends it. */
export interface StallLimit {
  /** Something moved. */
  readonly moved: () => void;
  readonly end: () => void;
}

/** @param end - ends the stream, with the reason */
export function stallLimit(end: (reason: ConsiliumError) => void, ms: number): StallLimit {
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    end(
      new ConsiliumError({
        code: 'TRANSFER_STALLED',
        errorClass: 'timeout',
        message: `A transfer moved nothing for ${Math.round(ms / 1000)} s.`,
        fix: 'The site takes it up again where it stopped; check the network if this lasts.',
      }),
    );
  }, ms);
  return {
    moved: () => {
      if (!over) timer.refresh();
    },
    end: () => {
      over = true;
      clearTimeout(timer);
    },
  };
}
