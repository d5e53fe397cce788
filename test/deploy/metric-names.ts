/** Reads a PromQL expression as far as names go. */

const WORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'offset', 'bool', 'and', 'or', 'unless']);

export interface Named {
  readonly metric: string;
  /** In selectors of this metric. */
  readonly labels: readonly string[];
}

/** Metrics with the labels that select among them. */
export function metricsIn(expression: string): readonly Named[] {
  const bare = expression.replaceAll(/\[[^\]]*\]/g, ' ').replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right) *\([^)]*\)/g, ' ');
  const found: Named[] = [];
  for (const [, name = '', after = '', selector = ''] of bare
    .replaceAll(/"[^"]*"/g, '""')
    .matchAll(/([A-Za-z_:][\w:]*) *(\(|\{([^}]*)\})?/g))
    if (!after.startsWith('(') && !WORDS.has(name))
      found.push({ metric: name, labels: [...selector.matchAll(/(\w+) *(?:=~|!~|!=|=)/g)].map(([, label = '']) => label) });
  return found;
}

/** Labels that an expression keeps with `by (…)`. */
export function groupedBy(expression: string): readonly string[] {
  return [...expression.matchAll(/\bby *\(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(',').map((label) => label.trim()));
}

/** Labels that a legend or an annotation writes out. */
export function labelsWritten(text: string): readonly string[] {
  return [...text.matchAll(/\{\{ *(?:\$labels\.)?(\w+) *\}\}/g)].map(([, label = '']) => label);
}
