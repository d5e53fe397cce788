const plural = (n: number, one: string) => (n === 1 ? `1 ${one}` : `${n} ${one}s`);

export const plots = {
  table: 'Data table',
  hideTable: 'Hide the table',
  export: 'Export',
  svg: 'SVG (for print)',
  png: 'PNG, 300 dpi',
  csv: 'CSV of the data',
  walk: 'Arrow keys walk the points',
  point: (series: string, x: string, y: string) => `${series}: ${x}, ${y}`,
  empty: (title: string) => `${title}: no data yet.`,
  falls: (name: string, from: string, to: string, points: number) => `${name} falls from ${from} to ${to} over ${plural(points, 'point')}`,
  rises: (name: string, from: string, to: string, points: number) => `${name} rises from ${from} to ${to} over ${plural(points, 'point')}`,
  stays: (name: string, at: string, points: number) => `${name} stays at ${at} over ${plural(points, 'point')}`,
  single: (name: string, x: string, y: string) => `${name} is ${y} at ${x}`,
  axes: (x: string, y: string) => `Across: ${x}. Up: ${y}.`,
  bars: (name: string, n: number, least: string, most: string, total: string) =>
    n === 1 || least === most
      ? `${name}: ${plural(n, 'bar')} of ${most}`
      : `${name}: ${plural(n, 'bar')} from ${least} to ${most}, ${total} in all`,
  span: (row: string, label: string, length: string) => `${row}: ${label} ${length}`,
  seconds: (n: number) => `${n} s`,
  rule: (name: string, at: string) => `${name} at ${at}`,
};
