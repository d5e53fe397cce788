import { ActionIcon, Menu } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import IconDownload from '@tabler/icons-react/icons/IconDownload';
import IconTable from '@tabler/icons-react/icons/IconTable';
import { createElement, lazy, Suspense, useId, useMemo, useState, type ComponentType, type KeyboardEvent, type ReactNode } from 'react';
import { download, fileName } from '../parts/download.js';
import { words } from '../words/index.js';
import { draw, type Drawing, type Mark } from './draw.js';
import type { LiveCanvasProps } from './live-canvas.js';
import { liveStops } from './live-data.js';
import { axisText, type PlotModel, type XY } from './model.js';
import { PlotTable } from './plot-table.js';
import { printPng, printSvg } from './print.js';
import { plotCsv, plotSentence } from './tell.js';

const colourOf = (colour: Mark['colour']) => (colour === 'none' ? 'none' : `var(--plot-${colour})`);

/** Camel case, as React wants it. */
const attribute = (name: string) => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function element({ tag, attributes, colour, paint, text }: Mark, key: number): ReactNode {
  const props: Record<string, unknown> = { key, [paint]: colourOf(colour) };
  for (const [name, value] of Object.entries(attributes)) props[attribute(name)] = value;
  return createElement(tag, props, text);
}

export interface PlotProps {
  readonly model: PlotModel;
  readonly height?: number;
  /** What chooses that which is shown, beside the tools. */
  readonly side?: ReactNode;
  /** Points come while one looks, and may be many: drawn on a canvas. What is exported is drawn as SVG all the same. */
  readonly live?: boolean;
}

/** Where the canvas cannot be had (uPlot ends at once under a language tag that the browser itself does not know), the same as SVG. */
const LiveCanvas = lazy<ComponentType<LiveCanvasProps>>(() =>
  import('./live-canvas.js').then(
    ({ LiveCanvas: canvas }) => ({ default: canvas }),
    () => ({ default: ({ model, width, height }: LiveCanvasProps) => <Drawn drawing={draw(model, width, height)} /> }),
  ),
);

function Drawn({ drawing, at }: { readonly drawing: Drawing; readonly at?: XY | undefined }): ReactNode {
  return (
    <svg width={drawing.width} height={drawing.height} aria-hidden>
      {drawing.marks.map(element)}
      {at && <circle className="plot-stop" cx={at.x} cy={at.y} r={6} />}
    </svg>
  );
}

const NARROWEST = 240;

/** A figure: drawn, told in a sentence, laid out as a table, walked by arrow keys, exported as SVG, PNG and CSV. */
export function Plot({ model, height = 240, side, live = false }: PlotProps): ReactNode {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [table, setTable] = useState(false);
  const [stop, setStop] = useState<number>();
  const id = useId();
  const wide = Math.max(NARROWEST, Math.floor(width));
  const drawing = useMemo(() => (width < 1 || live ? undefined : draw(model, wide, height)), [model, width, wide, height, live]);
  const stops = useMemo(() => (live ? liveStops(model) : (drawing?.stops ?? [])), [live, model, drawing]);
  const sentence = useMemo(() => plotSentence(model), [model]);
  const at = stop === undefined ? undefined : stops[stop];

  const walk = (event: KeyboardEvent) => {
    const count = stops.length;
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -count, End: count }[event.key];
    if (step === undefined || count === 0) return;
    event.preventDefault();
    setStop((now) => Math.min(count - 1, Math.max(0, (now ?? (step > 0 ? -1 : count)) + step)));
  };
  const name = fileName(model.title);
  return (
    <figure className="plot" aria-labelledby={`${id}-title`}>
      <div className="plot-head">
        <h2 id={`${id}-title`}>{model.title}</h2>
        <div className="plot-tools">
          {side}
          <ActionIcon
            variant="subtle"
            color="gray"
            size={28}
            aria-label={`${table ? words.plots.hideTable : words.plots.table}: ${model.title}`}
            aria-expanded={table}
            onClick={() => setTable(!table)}
          >
            <IconTable size={16} />
          </ActionIcon>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" size={28} aria-label={`${words.plots.export}: ${model.title}`}>
                <IconDownload size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => download(`${name}.svg`, printSvg(model), 'image/svg+xml')}>{words.plots.svg}</Menu.Item>
              <Menu.Item onClick={() => void printPng(model).then((blob) => download(`${name}.png`, blob))}>{words.plots.png}</Menu.Item>
              <Menu.Item onClick={() => download(`${name}.csv`, plotCsv(model), 'text/csv')}>{words.plots.csv}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
      </div>
      <div ref={ref} className="plot-canvas" style={{ minHeight: drawing?.height ?? height }}>
        {(drawing ?? (live && width > 0)) && (
          <div
            role="slider"
            tabIndex={0}
            aria-label={`${model.title}. ${words.plots.walk}.`}
            aria-valuemin={0}
            aria-valuemax={Math.max(0, stops.length - 1)}
            aria-valuenow={stop ?? 0}
            aria-valuetext={at ? stopText(model, at) : `${sentence} ${words.plots.axes(model.x.label, model.y.label || model.title)}`}
            onKeyDown={walk}
            onBlur={() => setStop(undefined)}
          >
            {drawing ? (
              <Drawn drawing={drawing} at={at} />
            ) : (
              <Suspense fallback={null}>
                <LiveCanvas model={model} width={wide} height={height} at={at} />
              </Suspense>
            )}
          </div>
        )}
      </div>
      <figcaption>{at ? stopText(model, at) : sentence}</figcaption>
      {table && <PlotTable model={model} />}
    </figure>
  );
}

function stopText({ x, y, layers }: PlotModel, { layer, index }: { readonly layer: number; readonly index: number }): string {
  const found = layers[layer];
  if (!found) return '';
  if (found.type === 'spans') {
    const span = found.spans[index];
    return span ? words.plots.point(`${axisText(y, span.row)}, ${span.label}`, axisText(x, span.from), axisText(x, span.to)) : '';
  }
  const point = 'points' in found ? found.points[index] : 'bars' in found ? found.bars[index] : undefined;
  return point ? words.plots.point(found.name, axisText(x, point.x), axisText(y, point.y)) : '';
}
