import { toneOf, type Layer, type PlotModel, type Tone } from './model.js';

/** A layer that is drawn over time: what a canvas can append to. */
type Series = Extract<Layer, { readonly type: 'line' | 'step' | 'bars' | 'rule' }>;

export interface LiveSeries {
  readonly name: string;
  readonly type: Series['type'];
  readonly tone: Tone;
  readonly dashed: boolean;
}

export interface LiveData {
  readonly series: readonly LiveSeries[];
  /** First the x values, ascending and each once; then one column a series, null where it has no point. */
  readonly columns: readonly [number[], ...(number | null)[][]];
}

const isSeries = (layer: Layer): layer is Series => ['line', 'step', 'bars', 'rule'].includes(layer.type);

/** A figure's layers as columns over one x axis, as uPlot takes them. Spans and dots have no place there. */
export function liveData(model: PlotModel): LiveData {
  const layers = model.layers.filter(isSeries);
  const points = layers.map((layer) => new Map(layer.type === 'rule' ? [] : pointsOf(layer).map(({ x, y }) => [x, y] as const)));
  const xs = [...new Set(points.flatMap((one) => [...one.keys()]))].toSorted((a, b) => a - b);
  const columns = layers.map((layer, index) => xs.map((x) => (layer.type === 'rule' ? layer.y : (points[index]?.get(x) ?? null))));
  const series = layers.map((layer) => ({
    name: layer.name,
    type: layer.type,
    tone: toneOf(model, layer),
    dashed: 'dashed' in layer && layer.dashed === true,
  }));
  return { series, columns: [xs, ...columns] };
}

const pointsOf = (layer: Exclude<Series, { readonly type: 'rule' }>) => (layer.type === 'bars' ? layer.bars : layer.points);

/** Where a reader can walk to, in order: layer and point. */
export const liveStops = ({ layers }: PlotModel) =>
  layers.flatMap((layer, at) =>
    isSeries(layer) && layer.type !== 'rule' ? pointsOf(layer).map((point, index) => ({ layer: at, index, x: point.x, y: point.y })) : [],
  );
