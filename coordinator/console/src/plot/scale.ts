import { axisText, type Axis, type Layer, type PlotModel } from './model.js';

/** Maps a value of an axis to a place on the page. */
export interface Scale {
  readonly domain: readonly [number, number];
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
  place(value: number): number;
}

const MINUTE = 60_000;
const TIME_STEPS = [
  1_000,
  5_000,
  15_000,
  30_000,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  60 * MINUTE,
  180 * MINUTE,
  360 * MINUTE,
  720 * MINUTE,
];
const DAY = 1440 * MINUTE;
/** A daily axis shows so many at least: one lone bar is not to fill the page. */
const FEW_DAYS = 14;

/** Steps of 1, 2 or 5 times a power of ten (Heckbert, Graphics Gems 1990). */
function niceStep(span: number, most: number): number {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

function timeStep(span: number, most: number): number {
  const rough = span / Math.max(1, most);
  return TIME_STEPS.find((step) => step >= rough) ?? Math.ceil(niceStep(rough / DAY, 1)) * DAY;
}

function timeText(value: number, step: number): string {
  const iso = new Date(value).toISOString();
  if (step >= DAY) return iso.slice(5, 10);
  return step >= MINUTE ? iso.slice(11, 16) : iso.slice(11, 19);
}

/** @param from, to - places on the page; `to` may lie before `from` */
export function scaleOf(axis: Axis, extent: readonly [number, number], from: number, to: number, most: number): Scale {
  if (axis.kind === 'category') {
    const count = Math.max(1, axis.categories?.length ?? 1);
    const place = (value: number) => from + ((value + 0.5) / count) * (to - from);
    const ticks = (axis.categories ?? []).map((text, value) => ({ value, text }));
    return { domain: [-0.5, count - 0.5], ticks, place };
  }
  let [low, high] = axis.domain ?? extent;
  if (axis.zero) low = Math.min(0, low);
  if (!(high > low)) {
    const room = axis.kind === 'time' ? MINUTE : Math.max(1e-9, Math.abs(low) * 0.1, axis.zero ? 1 : 0);
    if (!axis.zero) low -= room;
    high += room;
  }
  if (axis.daily) low = Math.min(low, high - FEW_DAYS * DAY);
  const step =
    axis.kind !== 'time'
      ? Math.max(niceStep(high - low, most), axis.whole ? 1 : 0)
      : Math.max(timeStep(high - low, most), axis.daily ? DAY : 0);
  const shift = axis.daily ? DAY / 2 : 0;
  if (axis.kind === 'number' && !axis.domain) {
    low = Math.floor(low / step + 1e-9) * step;
    high = Math.ceil(high / step - 1e-9) * step;
  }
  const place = (value: number) => from + ((value - low) / (high - low)) * (to - from);
  const ticks: { value: number; text: string }[] = [];
  for (let index = Math.ceil((low - shift) / step - 1e-9); index * step + shift <= high + step * 1e-9; index += 1) {
    const value = index * step + shift;
    ticks.push({
      value,
      text: axis.kind === 'time' && !axis.format ? timeText(value, step) : axisText(axis, Number(value.toPrecision(12))),
    });
  }
  return { domain: [low, high], ticks, place };
}

/** The least and the largest of what the layers show on both axes. */
export function extents({ layers }: PlotModel): { readonly x: [number, number]; readonly y: [number, number] } {
  const x: number[] = [];
  const y: number[] = [];
  for (const layer of layers) gather(layer, x, y);
  const range = (values: readonly number[]): [number, number] => {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low > high ? [0, 1] : [low, high];
  };
  return { x: range(x), y: range(y) };
}

function gather(layer: Layer, x: number[], y: number[]): void {
  switch (layer.type) {
    case 'line':
    case 'step':
      for (const point of layer.points) {
        x.push(point.x);
        y.push(point.y);
      }
      return;
    case 'dots':
      for (const point of layer.points) {
        x.push(point.low ?? point.x, point.high ?? point.x);
        y.push(point.y);
      }
      return;
    case 'bars':
      for (const bar of layer.bars) {
        x.push(bar.x - layer.width / 2, bar.x + layer.width / 2);
        y.push(bar.base ?? 0, bar.y);
      }
      return;
    case 'spans':
      for (const span of layer.spans) {
        x.push(span.from, span.to);
        y.push(span.row);
      }
      return;
    case 'rule':
      y.push(layer.y);
      return;
    case 'diagonal':
      return;
  }
}
