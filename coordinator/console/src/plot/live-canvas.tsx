import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import Plotter from 'uplot';
import { liveData, type LiveSeries } from './live-data.js';
import { axisText, type Axis, type PlotModel, type XY } from './model.js';

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
const FONT = '11px sans-serif';

export interface LiveCanvasProps {
  readonly model: PlotModel;
  readonly width: number;
  readonly height: number;
  /** Where a reader has walked to, in the units of the axes. */
  readonly at: XY | undefined;
}

/** A figure over time on a canvas: new points are appended, and what is under a pointer stays where it is. */
export function LiveCanvas({ model, width, height, at }: LiveCanvasProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const [plotter, setPlotter] = useState<Plotter>();
  const scheme = useComputedColorScheme();
  const data = useMemo(() => liveData(model), [model]);
  const shape = JSON.stringify([data.series, model.x.kind, model.y.zero, model.x.label, model.y.label, scheme]);
  const latest = useRef({ model, data, width, height });
  latest.current = { model, data, width, height };

  useEffect(() => {
    if (!host.current) return undefined;
    const now = latest.current;
    const made = new Plotter(optionsOf(now.model, now.data.series, now.width, now.height), [...now.data.columns], host.current);
    setPlotter(made);
    return () => {
      made.destroy();
      setPlotter(undefined);
    };
  }, [shape]);
  useEffect(() => plotter?.setData([...data.columns]), [plotter, data]);
  useEffect(() => plotter?.setSize({ width, height }), [plotter, width, height]);

  const ring =
    plotter && at
      ? { left: plotter.valToPos(at.x, 'x') + plotter.over.offsetLeft, top: plotter.valToPos(at.y, 'y') + plotter.over.offsetTop }
      : undefined;
  return (
    <>
      {data.series.length > 1 && (
        <div className="plot-legend" aria-hidden>
          {data.series.map(({ name, tone }) => (
            <span key={name} style={{ color: `var(--plot-${tone})` }}>
              {name}
            </span>
          ))}
        </div>
      )}
      <div className="plot-live" ref={host} aria-hidden>
        {ring && <span className="plot-ring" style={ring} />}
      </div>
    </>
  );
}

function optionsOf(model: PlotModel, series: readonly LiveSeries[], width: number, height: number): Plotter.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--plot-${name}`).trim() || style.getPropertyValue(`--${name}`).trim();
  const axis = ({ label, kind, format }: Axis, side: Partial<Plotter.Axis>): Plotter.Axis => ({
    label,
    labelSize: 18,
    labelFont: FONT,
    font: FONT,
    stroke: style.getPropertyValue('--soft').trim(),
    grid: { stroke: colour('grid'), width: 1 },
    ticks: { show: false },
    ...(kind === 'time'
      ? {}
      : {
          values: (_: Plotter, splits: number[]) =>
            splits.map((value) => (format ? format(value) : axisText({ label, kind }, Number(value.toPrecision(12))))),
        }),
    ...side,
  });
  return {
    width,
    height,
    ms: 1,
    tzDate: (at) => Plotter.tzDate(new Date(at), 'Etc/UTC'),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: model.x.kind === 'time', ...(series.some(({ type }) => type === 'bars') ? { range: besideBars } : {}) },
      y: model.y.zero ? { range: { min: { pad: 0, hard: 0, mode: 1 }, max: { pad: 0.08, mode: 1 } } } : {},
    },
    axes: [axis(model.x, { size: 30, grid: { show: false } }), axis(model.y, { size: 46 })],
    series: [{}, ...series.map((one) => seriesOf(one, colour))],
  };
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
