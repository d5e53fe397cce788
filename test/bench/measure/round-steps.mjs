/** The steps of a round's own path, by what ends each (PROTOCOL.md section 4): the durations add up to the round's. */
export const STEPS = ['upload', 'list', 'fold', 'sign', 'apply'];

/**
 * Milliseconds of each step of each finished round, from the times in the coordinator's record.
 * @param items - the study's events, in order
 * @param t - signatures that a step needs
 */
export function roundSteps(items, t) {
  const rounds = [];
  const openings = [];
  let round;
  let opened;
  for (const { at: text, event } of items) {
    const at = Date.parse(text);
    if (event.type === 'blockOpened') opened = at;
    if (event.type === 'announced') {
      if (opened !== undefined) openings.push({ round: event.round, ms: at - opened });
      round = { round: event.round, announced: at, opensBlock: opened !== undefined, counts: {} };
      opened = undefined;
    }
    if (!round) continue;
    const count = (round.counts[event.type] = (round.counts[event.type] ?? 0) + 1);
    if (event.type === 'listClosed') round.closed = at;
    if (event.type === 'listSigned' && count === t) round.listed = at;
    if (event.type === 'folded') round.folded = at;
    if ((event.type === 'foldSigned' || event.type === 'unmasked') && count === t) round.signed = at;
    if (event.type === 'roundDone') {
      const { announced, closed, listed, signed } = round;
      // The fold runs beside the list: what counts is how much later it is.
      const folded = Math.max(round.folded, listed);
      rounds.push({
        round: round.round,
        total: at - announced,
        announced,
        steps: { upload: closed - announced, list: listed - closed, fold: folded - listed, sign: signed - folded, apply: at - signed },
      });
      round = undefined;
    }
  }
  return { rounds, openings };
}

/** @param sorted - ascending */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
