/** An axis. `time`: Unix milliseconds. `category`: places 0, 1, … of `categories`, drawn from the top. */
export interface Axis {
  readonly label: string;
  readonly kind: 'number' | 'time' | 'category';
  readonly categories?: readonly string[];
  /** Without it, what the data needs. */
  readonly domain?: readonly [number, number];
  /** Begins at zero. */
  readonly zero?: boolean;
  /** Counts something: no mark between two whole numbers. */
  readonly whole?: boolean;
  /** Of a time axis: one mark a day at most, at its noon, where bars of whole days stand. */
  readonly daily?: boolean;
  readonly format?: (value: number) => string;
}

/** Meaning first: a tone is drawn by colour and by something else (dash, hatch, marker, word). */
export type Tone = 'one' | 'two' | 'three' | 'four' | 'five' | 'good' | 'warn' | 'bad' | 'quiet';

export interface XY {
  readonly x: number;
  readonly y: number;
}

export type Layer =
  | {
      readonly type: 'line' | 'step';
      readonly name: string;
      readonly points: readonly XY[];
      readonly tone?: Tone;
      readonly dashed?: boolean;
    }
  | {
      readonly type: 'dots';
      readonly name: string;
      /** `low` and `high`: an interval along the x axis. */
      readonly points: readonly (XY & { readonly low?: number; readonly high?: number })[];
      readonly tone?: Tone;
    }
  | {
      readonly type: 'bars';
      readonly name: string;
      /** From `base` (0) to `y`; `width` in units of x. */
      readonly bars: readonly (XY & { readonly base?: number })[];
      readonly width: number;
      readonly tone?: Tone;
      readonly hatched?: boolean;
    }
  | {
      readonly type: 'spans';
      readonly name: string;
      readonly spans: readonly {
        readonly row: number;
        readonly from: number;
        readonly to: number;
        readonly label: string;
        readonly tone: Tone;
        /** What spans of this tone are; the legend has each once. */
        readonly kind?: string;
      }[];
    }
  | { readonly type: 'rule'; readonly name: string; readonly y: number; readonly tone?: Tone }
  | { readonly type: 'diagonal'; readonly name: string };

/** A figure as data: drawn on the screen, exported, told in a sentence and laid out as a table from the same value. */
export interface PlotModel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly layers: readonly Layer[];
  /** Goes under an exported figure: what it shows, of whom, under which study hash and epsilon. */
  readonly caption: string;
}

const SERIES: readonly Tone[] = ['one', 'two', 'three', 'four', 'five'];

/** The tone of a layer: its own, or the next of the series. */
export function toneOf(model: PlotModel, layer: Layer): Tone {
  if ('tone' in layer && layer.tone) return layer.tone;
  if (layer.type === 'rule') return 'bad';
  const series = model.layers.filter(({ type }) => type !== 'rule' && type !== 'diagonal');
  return SERIES[Math.max(0, series.indexOf(layer)) % SERIES.length] ?? 'one';
}

/** A number with as many digits as a reader needs. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(1);
  if (size >= 1000) return value.toLocaleString('en', { maximumFractionDigits: 0 });
  return String(Number(value.toPrecision(4)));
}

export function axisText(axis: Axis, value: number): string {
  if (axis.format) return axis.format(value);
  if (axis.kind === 'category') return axis.categories?.[Math.round(value)] ?? '';
  if (axis.kind === 'time') return new Date(value).toISOString().slice(0, 16).replace('T', ' ');
  return shortNumber(value);
}
