import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';
import type { Consortium } from '../consortium/consortium.js';

const View = z.looseObject({
  state: z.string(),
  stateReason: z.string(),
  round: z.number(),
  rounds: z.number(),
  phase: z.string().nullable(),
  sites: z.array(z.looseObject({ site: z.string(), state: z.string(), sentence: z.string().nullable() })),
  metrics: z.array(z.looseObject({ round: z.number(), trainLoss: z.number().nullable() })),
  seq: z.number(),
});
export type WatchedStudy = z.infer<typeof View>;

/** Sites that are done with the current phase, for the progress line. */
function sitesIn(view: WatchedStudy): number {
  return view.sites.filter(({ state }) => ['counted', 'applied', 'opening'].includes(state)).length;
}

/** `round 3/31  uploading  2/4 sites in  loss 0.5123` */
export function progressOf(view: WatchedStudy): string {
  const loss = view.metrics.at(-1)?.trainLoss;
  const phase = view.state === 'running' ? (view.phase ?? 'running') : view.state;
  return `round ${view.round}/${view.rounds}  ${phase.padEnd(10)}  ${sitesIn(view)}/${view.sites.length} sites in  loss ${loss === null || loss === undefined ? '–' : loss.toFixed(4)}`;
}

/**
 * Follows a study to its end.
 * @throws ConsiliumError STUDY_TOO_SLOW after `timeoutMs`, STUDY_NOT_DONE where it ends otherwise than done
 */
export async function watchStudy(
  consortium: Consortium,
  hash: string,
  options: { readonly timeoutMs: number; readonly show: (line: string) => void; readonly signal: AbortSignal },
): Promise<WatchedStudy> {
  const limit = performance.now() + options.timeoutMs;
  while (performance.now() < limit) {
    options.signal.throwIfAborted();
    const view = View.parse(await consortium.api('GET', `/studies/${hash}`));
    options.show(progressOf(view));
    if (view.state === 'done') return view;
    if (view.state === 'failed' || view.state === 'stopped')
      throw new ConsiliumError({
        code: 'STUDY_NOT_DONE',
        errorClass: 'failed',
        message: `The study ${view.state}: ${view.stateReason}`,
        fix: 'Look at the logs of the processes.',
      });
    await consortium.api('GET', `/studies/${hash}/events?after=${view.seq}&waitSeconds=2`);
  }
  throw new ConsiliumError({
    code: 'STUDY_TOO_SLOW',
    errorClass: 'timeout',
    message: `The study was not done after ${options.timeoutMs / 1000} s.`,
    fix: 'Look at the logs of the processes.',
  });
}
