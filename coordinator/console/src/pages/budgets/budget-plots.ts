import type { Budget } from '../../api/budgets.js';
import { deltaText } from '../../api/epsilon.js';
import type { Layer, PlotModel } from '../../plot/model.js';
import { words } from '../../words/index.js';

const { budgets: w } = words;

/** Steps down from the limit: what is left, and what is left once all that is reserved is spent. */
export function burnDownPlot({ site, population, limit, delta, history }: Budget): PlotModel {
  const of = w.of(population, site);
  const at = history.map((point) => ({ x: Date.parse(point.at), ...point }));
  const reserved = at.some((point) => point.reserved > 0);
  const layers: Layer[] = [
    { type: 'step', name: w.leftLine, tone: 'one', points: at.map(({ x, limit: then, spent }) => ({ x, y: Math.max(0, then - spent) })) },
  ];
  if (reserved) layers.push({ type: 'step', name: w.withReserved, tone: 'two', points: at.map(({ x, left }) => ({ x, y: left })) });
  layers.push({ type: 'rule', name: `${w.limit} ε ${limit}`, y: limit, tone: 'bad' });
  return {
    title: w.burnDown,
    caption: w.caption(of, deltaText(delta)),
    x: { label: w.date, kind: 'time' },
    y: { label: w.burnDownY, kind: 'number', zero: true },
    layers,
  };
}

/** One row a population: what each of its studies has cost it, end to end. */
export function byStudyPlot(budgets: readonly Budget[]): PlotModel {
  const categories = budgets.map(({ site, population }) => `${population}, ${site}`);
  return {
    title: w.byStudy,
    caption: `${w.byStudy}. ${w.additive}`,
    x: { label: 'ε', kind: 'number', zero: true },
    y: { label: w.population, kind: 'category', categories },
    layers: [
      {
        type: 'spans',
        name: w.byStudy,
        spans: budgets.flatMap(({ studies }, row) => {
          let from = 0;
          return studies.map(({ name, hash, epsilon }, index) => {
            const span = {
              row,
              from,
              to: from + epsilon,
              label: name ? `${name} ${hash.slice(0, 6)}` : hash.slice(0, 8),
              tone: (['one', 'two', 'three', 'four', 'five'] as const)[index % 5] ?? 'one',
            };
            from += epsilon;
            return span;
          });
        }),
      },
    ],
  };
}
