import { isShown } from './cell-floor.js';
import { figure, type Figure, type Values } from './figure.js';
import { GROUP_COUNTS } from './metric-counts.js';
import type { Family, OutcomeMetrics } from './families.js';

const [PATIENTS, LOSS] = GROUP_COUNTS;

/**
 * Of a time to an event: the concordance of Harrell et al. 1982, over pairs of patients of one site (and of one level of a
 * subgroup), which is the C-index stratified by site; and the number of events.
 * `comparablePairs`: the one with the shorter time had the event. `concordantHalves`: 2 for each of these whose model's
 * risk is higher, 1 where the risks are equal.
 */
export const survivalMetrics: OutcomeMetrics = {
  overall: ['events', 'comparablePairs', 'concordantHalves'],
  level: ['events', 'comparablePairs', 'concordantHalves'],
  families: ({ read, floor }): readonly Family[] => {
    const events = read('events');
    const censored = read(PATIENTS) - events;
    const [comparablePairs, concordantHalves] = [read('comparablePairs'), read('concordantHalves')];
    return [
      { cells: [read(PATIENTS)], after: [], signed: { [PATIENTS]: read(PATIENTS), [LOSS]: read(LOSS) } },
      {
        cells: [events, censored],
        after: [0],
        signed: isShown([comparablePairs], floor)
          ? { events, censored, comparablePairs, concordantHalves }
          : { events, censored, comparablePairs: null, concordantHalves: null },
      },
    ];
  },
  details: () => ({}),
  figures: (values: Values): readonly Figure[] => [
    figure('concordance', [values('concordantHalves'), values('comparablePairs')], (halves, pairs) =>
      pairs > 0 ? { value: halves / (2 * pairs) } : 'not defined: no comparable pair',
    ),
    figure('events', [values('events')], (events) => ({ value: events })),
  ],
};
