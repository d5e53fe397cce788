import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { Component, createRef, type ReactNode } from 'react';
import Plotter from 'uplot';
import { liveData, type LiveData, type LiveSeries } from './live-data.js';
import { shortNumber, type Axis, type PlotModel, type XY } from './model.js';

const DASHES: Readonly<Record<string, number[]>> = {
  two: [6, 3],
  three: [2, 3],
  four: [8, 3, 2, 3],
  five: [1, 3],
  quiet: [3, 3],
  bad: [7, 4],
};
const BAR_SHARE = 0.8;
const WIDEST_BAR = 60;
const DAY_MS = 86_400_000;
const FONT = '11px sans-serif';

export interface LiveCanvasProps {
  readonly model: PlotModel;
  readonly width: number;
  readonly height: number;
  /** Where a reader has walked to, in the units of the axes. */
  readonly at: XY | undefined;
}

/** What of a figure the canvas has to be made anew for; points and size it takes as they come. */
interface Shape {
  readonly series: readonly LiveSeries[];
  readonly x: Pick<Axis, 'label' | 'kind' | 'whole'>;
  readonly y: Pick<Axis, 'label' | 'kind' | 'zero'>;
  readonly scheme: 'light' | 'dark';
}

/** A figure over time on a canvas: new points are appended, and what is under a pointer stays where it is. */
export function LiveCanvas({ model, width, height, at }: LiveCanvasProps): ReactNode {
  const scheme = useComputedColorScheme();
  const { x, y } = model;
  const { series, columns } = liveData(model);
  const shape: Shape = {
    series,
    x: { label: x.label, kind: x.kind, whole: x.whole === true },
    y: { label: y.label, kind: y.kind, zero: y.zero === true },
    scheme,
  };
  return (
    <>
      {series.length > 1 && (
        <div className="plot-legend" aria-hidden>
          {series.map(({ name, tone }) => (
            <span key={name} style={{ color: `var(--plot-${tone})` }}>
              {name}
            </span>
          ))}
        </div>
      )}
      <Canvas key={JSON.stringify(shape)} shape={shape} columns={columns} width={width} height={height} at={at} />
    </>
  );
}

interface CanvasProps extends Omit<LiveCanvasProps, 'model'> {
  readonly shape: Shape;
  readonly columns: LiveData['columns'];
}

/** Holds one plotter as long as the figure keeps its shape. */
class Canvas extends Component<CanvasProps> {
  readonly #host = createRef<HTMLDivElement>();
  #plotter: Plotter | undefined;
  #shown = '';

  override componentDidMount(): void {
    if (!this.#host.current) return;
    this.#plotter = new Plotter(optionsOf(this.props.shape), [[]], this.#host.current);
    this.#show();
  }

  override componentDidUpdate(): void {
    this.#show();
  }

  override componentWillUnmount(): void {
    this.#plotter?.destroy();
  }

  #show(): void {
    const { width, height, columns } = this.props;
    const [plotter, text] = [this.#plotter, JSON.stringify(columns)];
    if (!plotter) return;
    if (plotter.width !== width || plotter.height !== height) plotter.setSize({ width, height });
    if (text !== this.#shown) plotter.setData([...columns]);
    this.#shown = text;
  }

  override render(): ReactNode {
    const { at } = this.props;
    const plotter = this.#plotter;
    const ring = at &&
      plotter && { left: plotter.valToPos(at.x, 'x') + plotter.over.offsetLeft, top: plotter.valToPos(at.y, 'y') + plotter.over.offsetTop };
    return (
      <div className="plot-live" ref={this.#host} aria-hidden>
        {ring && <span className="plot-ring" style={ring} />}
      </div>
    );
  }
}

/** Between two marks of an axis that counts. */
const WHOLE_STEPS = [1, 2, 5].flatMap((step) => Array.from({ length: 7 }, (_, power) => step * 10 ** power)).toSorted((a, b) => a - b);

function optionsOf({ series, x, y }: Shape): Plotter.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--plot-${name}`).trim();
  const axis = ({ label, kind, whole }: Pick<Axis, 'label' | 'kind' | 'whole'>, side: Partial<Plotter.Axis>): Plotter.Axis => ({
    label,
    labelSize: 18,
    labelFont: FONT,
    font: FONT,
    stroke: style.getPropertyValue('--soft').trim(),
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { show: false },
    ...(whole ? { incrs: WHOLE_STEPS } : {}),
    values: (_: Plotter, splits: number[]) =>
      kind === 'time' ? [...timeTexts(splits)] : splits.map((value) => shortNumber(Number(value.toPrecision(12)))),
    ...side,
  });
  return {
    // It gets its size before it is painted.
    width: 1,
    height: 1,
    ms: 1,
    tzDate: (at) => Plotter.tzDate(new Date(at), 'Etc/UTC'),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: x.kind === 'time', ...(series.some(({ type }) => type === 'bars') ? { range: besideBars } : {}) },
      y: y.zero ? { range: { min: { pad: 0, soft: 0, mode: 1 }, max: { pad: 0.08, mode: 1 } } } : {},
    },
    axes: [axis(x, { size: 30, grid: { show: false } }), axis(y, { size: 46 })],
    series: [{}, ...series.map((one) => seriesOf(one, colour))],
  };
}

/** As the other figures say it: the day where there are several, else the time. */
function timeTexts(splits: readonly number[]): readonly string[] {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  return splits.map((at) => (span >= DAY_MS ? new Date(at).toISOString().slice(5, 10) : new Date(at).toISOString().slice(11, 16)));
}

/** Half a bar at both ends. */
const besideBars = (_: Plotter, low: number, high: number): [number, number] => [low - 0.5, high + 0.5];

function seriesOf({ name, type, tone, dashed }: LiveSeries, colour: (name: string) => string): Plotter.Series {
  const stroke = colour(tone);
  const { bars, stepped } = Plotter.paths;
  const common: Plotter.Series = { label: name, stroke, width: 1.8, spanGaps: true, points: { show: false } };
  if (type === 'bars') return { ...common, width: 0, fill: stroke, ...(bars ? { paths: bars({ size: [BAR_SHARE, WIDEST_BAR] }) } : {}) };
  const dash = dashed ? [2, 4] : DASHES[tone];
  return { ...common, ...(dash ? { dash } : {}), ...(type === 'step' && stepped ? { paths: stepped({ align: 1 }) } : {}) };
}
