import { toneOf, type Layer, type PlotModel, type Tone } from './model.js';
import { extents, scaleOf, type Scale } from './scale.js';

/** One element of the drawing; colours are names, which the outlet (screen, print) resolves. */
export interface Mark {
  readonly tag: 'line' | 'path' | 'rect' | 'circle' | 'text';
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly colour: Tone | 'ink' | 'soft' | 'grid' | 'onTone' | 'none';
  /** Which attribute the colour goes to. */
  readonly paint: 'stroke' | 'fill';
  readonly text?: string;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly marks: readonly Mark[];
  /** What a reader can walk to: in order, with its place. */
  readonly stops: readonly { readonly x: number; readonly y: number; readonly layer: number; readonly index: number }[];
}

const DASHES: Readonly<Partial<Record<Tone, string>>> = { two: '6 3', three: '2 3', four: '8 3 2 3', five: '1 3', quiet: '3 3' };
const FONT = 11;
const letter = 6.1;

/**
 * Draws a figure as marks in pixels. Line style, marker and direct label carry the meaning that colour carries (WCAG 1.4.1).
 * @param width - 240 or more
 */
export function draw(model: PlotModel, width: number, height: number): Drawing {
  const rows = model.y.kind === 'category' ? (model.y.categories ?? []) : [];
  const drawn = model.layers.filter((layer) => (layer.type === 'line' || layer.type === 'step') && layer.points.length > 0);
  const rules = model.layers.filter(({ type }) => type === 'rule');
  const several = drawn.length + rules.length > 1;
  const ends = several ? [...drawn, ...rules] : [];
  const labels = several ? Math.min(Math.max(0, ...ends.map(({ name }) => name.length)) * letter + 10, width * 0.28) : 0;
  const left = rows.length > 0 ? Math.min(Math.max(30, ...rows.map((row) => row.length * letter + 12)), width * 0.36) : 52;
  const kinds = spanKinds(model);
  const box = { left, right: width - 12 - labels, top: kinds.length > 0 ? 32 : 14, bottom: height - 38 };
  const extent = extents(model);
  const x = scaleOf(model.x, extent.x, box.left, box.right, Math.max(2, Math.floor((box.right - box.left) / 80)));
  const y =
    model.y.kind === 'category'
      ? scaleOf(model.y, extent.y, box.top, box.bottom, 10)
      : scaleOf(model.y, extent.y, box.bottom, box.top, Math.max(2, Math.floor((box.bottom - box.top) / 36)));
  const marks = [...frame(model, x, y, box, height)];
  const stops: { x: number; y: number; layer: number; index: number }[] = [];
  model.layers.forEach((layer, index) => {
    marks.push(...drawLayer(model, layer, x, y, box));
    stops.push(...stopsOf(layer, x, y).map((stop, at) => ({ ...stop, layer: index, index: at })));
  });
  marks.push(...endLabels(model, ends, y, box, labels));
  marks.push(...legend(model, box), ...spanLegend(kinds, box));
  return { width, height, marks, stops };
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function text(content: string, x: number, y: number, anchor: 'start' | 'middle' | 'end', colour: Mark['colour'], more = {}): Mark {
  return {
    tag: 'text',
    attributes: { x: round(x), y: round(y), 'text-anchor': anchor, 'font-size': FONT, ...more },
    colour,
    paint: 'fill',
    text: content,
  };
}

const round = (value: number) => Math.round(value * 10) / 10;
const cut = (content: string, room: number) =>
  content.length * letter > room ? `${content.slice(0, Math.max(1, Math.floor(room / letter) - 1))}…` : content;

function* frame({ x: xAxis, y: yAxis }: PlotModel, x: Scale, y: Scale, box: Box, height: number): Generator<Mark> {
  for (const { value, text: label } of y.ticks) {
    const at = round(y.place(value));
    if (yAxis.kind !== 'category')
      yield { tag: 'line', attributes: { x1: box.left, x2: box.right, y1: at, y2: at }, colour: 'grid', paint: 'stroke' };
    yield text(cut(label, box.left - 8), box.left - 6, at + 4, 'end', 'soft');
  }
  yield { tag: 'line', attributes: { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }, colour: 'soft', paint: 'stroke' };
  for (const { value, text: label } of x.ticks) {
    const at = round(x.place(value));
    yield { tag: 'line', attributes: { x1: at, x2: at, y1: box.bottom, y2: box.bottom + 4 }, colour: 'soft', paint: 'stroke' };
    // The last one ends where the drawing does.
    const overEdge = at + (label.length * letter) / 2 > box.right + 12;
    yield text(label, overEdge ? box.right + 12 : at, box.bottom + 16, overEdge ? 'end' : 'middle', 'soft');
  }
  yield text(xAxis.label, (box.left + box.right) / 2, height - 6, 'middle', 'soft');
  if (yAxis.kind !== 'category' && yAxis.label !== '')
    yield text(yAxis.label, 11, (box.top + box.bottom) / 2, 'middle', 'soft', {
      transform: `rotate(-90 11 ${round((box.top + box.bottom) / 2)})`,
    });
}

function* drawLayer(model: PlotModel, layer: Layer, x: Scale, y: Scale, box: Box): Generator<Mark> {
  const colour = toneOf(model, layer);
  const at = (px: number, py: number) => `${round(x.place(px))} ${round(y.place(py))}`;
  switch (layer.type) {
    case 'line':
    case 'step': {
      const { points } = layer;
      if (points.length === 0) return;
      const path = points.map((point, index) =>
        index === 0
          ? `M${at(point.x, point.y)}`
          : layer.type === 'step'
            ? `H${round(x.place(point.x))}V${round(y.place(point.y))}`
            : `L${at(point.x, point.y)}`,
      );
      const dash = layer.dashed ? '2 4' : DASHES[colour];
      yield {
        tag: 'path',
        attributes: {
          d: path.join(''),
          fill: 'none',
          'stroke-width': 1.8,
          'stroke-linejoin': 'round',
          ...(dash ? { 'stroke-dasharray': dash } : {}),
        },
        colour,
        paint: 'stroke',
      };
      if (points.length <= 30 && layer.type === 'line')
        for (const point of points)
          yield { tag: 'circle', attributes: { cx: round(x.place(point.x)), cy: round(y.place(point.y)), r: 2.2 }, colour, paint: 'fill' };
      return;
    }
    case 'dots':
      for (const point of layer.points) {
        const py = round(y.place(point.y));
        if (point.low !== undefined && point.high !== undefined)
          yield {
            tag: 'line',
            attributes: { x1: round(x.place(point.low)), x2: round(x.place(point.high)), y1: py, y2: py, 'stroke-width': 1.6 },
            colour,
            paint: 'stroke',
          };
        yield { tag: 'circle', attributes: { cx: round(x.place(point.x)), cy: py, r: 4 }, colour, paint: 'fill' };
      }
      return;
    case 'bars':
      for (const bar of layer.bars) {
        const [left, right] = [x.place(bar.x - layer.width / 2), x.place(bar.x + layer.width / 2)];
        const [top, bottom] = [y.place(bar.y), y.place(bar.base ?? 0)];
        const size = {
          x: round(left),
          y: round(top),
          width: round(Math.max(1, right - left - 1)),
          height: round(Math.max(0, bottom - top)),
        };
        yield {
          tag: 'rect',
          attributes: layer.hatched ? { ...size, fill: 'none', 'stroke-dasharray': '3 2' } : size,
          colour,
          paint: layer.hatched ? 'stroke' : 'fill',
        };
      }
      return;
    case 'spans': {
      const rowHeight = model.y.categories ? (box.bottom - box.top) / model.y.categories.length : 20;
      const thick = Math.min(16, rowHeight * 0.66);
      for (const span of layer.spans) {
        const [from, to] = [x.place(span.from), x.place(span.to)];
        const wide = Math.max(2, to - from);
        yield {
          tag: 'rect',
          attributes: {
            x: round(from),
            y: round(y.place(span.row) - thick / 2),
            width: round(wide),
            height: round(thick),
            rx: 2,
            ...(span.tone === 'warn' || span.tone === 'bad' ? { 'fill-opacity': 0.35, 'stroke-dasharray': '3 2' } : {}),
          },
          colour: span.tone,
          paint: 'fill',
        };
        const long = span.label.length * letter + 8;
        const next = Math.min(
          box.right,
          ...layer.spans.filter((one) => one.row === span.row && one.from > span.from).map((one) => x.place(one.from)),
        );
        if (long < wide)
          yield text(span.label, from + 5, y.place(span.row) + 4, 'start', span.tone === 'warn' || span.tone === 'bad' ? 'ink' : 'onTone');
        else if (from + wide + long < next) yield text(span.label, from + wide + 5, y.place(span.row) + 4, 'start', 'soft');
      }
      return;
    }
    case 'rule': {
      const py = round(y.place(layer.y));
      yield {
        tag: 'line',
        attributes: { x1: box.left, x2: box.right, y1: py, y2: py, 'stroke-width': 1.5, 'stroke-dasharray': '7 4' },
        colour,
        paint: 'stroke',
      };
      return;
    }
    case 'diagonal':
      yield {
        tag: 'path',
        attributes: { d: `M${at(x.domain[0], y.domain[0])}L${at(x.domain[1], y.domain[1])}`, fill: 'none', 'stroke-dasharray': '3 4' },
        colour: 'soft',
        paint: 'stroke',
      };
  }
}

/** Names at the ends of the lines, moved apart where they would touch. */
function endLabels(model: PlotModel, layers: readonly Layer[], y: Scale, box: Box, room: number): readonly Mark[] {
  const wanted = layers.flatMap((layer) => {
    const value = layer.type === 'rule' ? layer.y : 'points' in layer ? layer.points.at(-1)?.y : undefined;
    return value === undefined ? [] : [{ layer, at: y.place(value) }];
  });
  wanted.sort((a, b) => a.at - b.at);
  let above = box.top - FONT;
  return wanted.map(({ layer, at }) => {
    const place = Math.min(Math.max(at + 4, above + FONT + 2), box.bottom);
    above = place;
    return text(cut(layer.name, room), box.right + 6, place, 'start', toneOf(model, layer), { 'font-weight': 600 });
  });
}

/** Several kinds of bars have no ends to write at: their names stand in the upper corner, each behind its colour. */
function legend(model: PlotModel, box: Box): readonly Mark[] {
  const bars = model.layers.filter(({ type }) => type === 'bars');
  if (bars.length < 2) return [];
  let right = box.right;
  return bars.toReversed().flatMap((layer) => {
    const x = right - layer.name.length * letter;
    right = x - 28;
    const colour = toneOf(model, layer);
    return [
      { tag: 'rect' as const, attributes: { x: round(x - 14), y: box.top - 8, width: 10, height: 10 }, colour, paint: 'fill' as const },
      text(layer.name, x, box.top + 1, 'start', 'ink'),
    ];
  });
}

/** Which kinds of spans there are, each with its tone. */
function spanKinds({ layers }: PlotModel): readonly { readonly kind: string; readonly tone: Tone }[] {
  const spans = layers.flatMap((layer) => (layer.type === 'spans' ? layer.spans : []));
  const kinds = new Map(spans.flatMap(({ kind, tone }) => (kind === undefined ? [] : [[kind, tone] as const])));
  return [...kinds].map(([kind, tone]) => ({ kind, tone }));
}

/** Spans too narrow for their names are told apart here. */
function spanLegend(kinds: ReturnType<typeof spanKinds>, box: Box): readonly Mark[] {
  let left = box.left;
  return kinds.flatMap(({ kind, tone }) => {
    const x = left;
    left += kind.length * letter + 34;
    return [
      { tag: 'rect' as const, attributes: { x: round(x), y: 6, width: 10, height: 10, rx: 2 }, colour: tone, paint: 'fill' as const },
      text(kind, x + 15, 15, 'start', 'soft'),
    ];
  });
}

function stopsOf(layer: Layer, x: Scale, y: Scale): readonly { readonly x: number; readonly y: number }[] {
  const place = (point: { readonly x: number; readonly y: number }) => ({ x: x.place(point.x), y: y.place(point.y) });
  switch (layer.type) {
    case 'line':
    case 'step':
    case 'dots':
      return layer.points.map(place);
    case 'bars':
      return layer.bars.map(place);
    case 'spans':
      return layer.spans.map(({ row, from, to }) => ({ x: x.place((from + to) / 2), y: y.place(row) }));
    case 'rule':
    case 'diagonal':
      return [];
  }
}
