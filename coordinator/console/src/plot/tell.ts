import { csvText } from '../parts/csv.js';
import { words } from '../words/index.js';
import { axisText, type Layer, type PlotModel } from './model.js';

/** A figure in a sentence, for whoever does not see it, and for whoever wants it short. */
export function plotSentence(model: PlotModel): string {
  const told = model.layers.map((layer) => layerSentence(model, layer)).filter((part) => part !== '');
  if (!model.layers.some((layer) => sizeOf(layer) > 0)) return words.plots.empty(model.title);
  return `${told.join('; ')}.`;
}

function sizeOf(layer: Layer): number {
  if ('points' in layer) return layer.points.length;
  if ('bars' in layer) return layer.bars.length;
  return 'spans' in layer ? layer.spans.length : 0;
}

function layerSentence({ x, y }: PlotModel, layer: Layer): string {
  switch (layer.type) {
    case 'line':
    case 'step':
    case 'dots': {
      const [first] = layer.points;
      const last = layer.points.at(-1);
      if (!first || !last) return '';
      if (layer.type === 'dots' && y.kind === 'category')
        return layer.points.map((point) => `${axisText(y, point.y)}: ${axisText(x, point.x)}`).join(', ');
      const count = layer.points.length;
      if (count === 1) return words.plots.single(layer.name, axisText(x, first.x), axisText(y, first.y));
      const [from, to] = [axisText(y, first.y), axisText(y, last.y)];
      if (from === to) return words.plots.stays(layer.name, to, count);
      return (last.y < first.y ? words.plots.falls : words.plots.rises)(layer.name, from, to, count);
    }
    case 'bars': {
      if (layer.bars.length === 0) return '';
      const sizes = layer.bars.map((bar) => bar.y - (bar.base ?? 0));
      const total = sizes.reduce((sum, size) => sum + size, 0);
      return words.plots.bars(
        layer.name,
        sizes.length,
        axisText(y, Math.min(...sizes)),
        axisText(y, Math.max(...sizes)),
        axisText(y, total),
      );
    }
    case 'spans':
      return layer.spans
        .map(({ row, label, from, to }) =>
          words.plots.span(
            axisText(y, row),
            label,
            x.kind === 'time' ? words.plots.seconds(Math.round((to - from) / 1_000)) : axisText(x, to - from),
          ),
        )
        .join('; ');
    case 'rule':
      return words.plots.rule(layer.name, axisText(y, layer.y));
    case 'diagonal':
      return '';
  }
}

/** The figure's data as rows of a table: series, x, y, and what else a layer has. */
export function plotRows(model: PlotModel): { readonly heads: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const { x, y } = model;
  const rows = model.layers.flatMap((layer): string[][] => {
    switch (layer.type) {
      case 'line':
      case 'step':
        return layer.points.map((point) => [layer.name, axisText(x, point.x), axisText(y, point.y)]);
      case 'dots':
        return layer.points.map((point) => [
          layer.name,
          point.low === undefined || point.high === undefined
            ? axisText(x, point.x)
            : `${axisText(x, point.x)} (${axisText(x, point.low)} to ${axisText(x, point.high)})`,
          axisText(y, point.y),
        ]);
      case 'bars':
        return layer.bars.map((bar) => [layer.name, axisText(x, bar.x), axisText(y, bar.y - (bar.base ?? 0))]);
      case 'spans':
        return layer.spans.map((span) => [span.label, `${axisText(x, span.from)} to ${axisText(x, span.to)}`, axisText(y, span.row)]);
      case 'rule':
        return [[layer.name, '', axisText(y, layer.y)]];
      case 'diagonal':
        return [];
    }
  });
  return { heads: ['series', x.label, y.label || model.title], rows };
}

/** For a spreadsheet: numbers as they are, not as they are shown. */
export function plotCsv(model: PlotModel): string {
  const rows = model.layers.flatMap((layer): (string | number)[][] => {
    const time = (value: number) => (model.x.kind === 'time' ? new Date(value).toISOString() : value);
    const row = (value: number) => (model.y.kind === 'category' ? (model.y.categories?.[value] ?? '') : value);
    switch (layer.type) {
      case 'line':
      case 'step':
        return layer.points.map((point) => [layer.name, time(point.x), row(point.y), '', '']);
      case 'dots':
        return layer.points.map((point) => [layer.name, time(point.x), row(point.y), point.low ?? '', point.high ?? '']);
      case 'bars':
        return layer.bars.map((bar) => [layer.name, time(bar.x), bar.y - (bar.base ?? 0), '', '']);
      case 'spans':
        return layer.spans.map((span) => [span.label, time((span.from + span.to) / 2), row(span.row), time(span.from), time(span.to)]);
      case 'rule':
        return [[layer.name, '', layer.y, '', '']];
      case 'diagonal':
        return [];
    }
  });
  return csvText(['series', model.x.label, model.y.label || model.title, 'low', 'high'], rows);
}
