/** How numbers are written in a source. */
export interface NumberFormat {
  readonly decimal: '.' | ',';
  readonly thousands: '.' | ',' | ' ' | "'" | 'none';
}

export const PLAIN_NUMBERS: NumberFormat = { decimal: '.', thousands: 'none' };

const GROUP: Record<NumberFormat['thousands'], string> = { '.': '\\.', ',': ',', ' ': '[ \\u00a0\\u202f]', "'": "['\\u2019]", none: '' };
const DECIMAL = { '.': '\\.', ',': ',' } as const;

/**
 * Reads a trimmed cell as a finite number, or says that it is none. Groups have three digits each and are complete:
 * `1.23` is no number where the dot groups thousands.
 */
export type NumberReader = (text: string) => number | undefined;

export function numberReader({ decimal, thousands }: NumberFormat): NumberReader {
  const group = GROUP[thousands];
  const whole = group ? `(?:[1-9]\\d{0,2}(?:${group}\\d{3})+|\\d+)` : '\\d+';
  const mark = DECIMAL[decimal];
  const form = new RegExp(`^[+-]?(?:${whole}(?:${mark}\\d*)?|${mark}\\d+)(?:[eE][+-]?\\d+)?$`);
  const groups = new RegExp(group || '(?!)', 'g');
  const plain = decimal === '.' && !group;
  return (text) => {
    if (!form.test(text)) return undefined;
    const value = Number(plain ? text : text.replace(groups, '').replace(decimal, '.'));
    // + 0 turns -0 into 0: the two differ bit for bit and mean the same.
    return Number.isFinite(value) ? value + 0 : undefined;
  };
}

/** What one column's cells say about the number format, over all of them. */
export interface NumberEvidence {
  /** Cells that are numbers in some format. */
  numbers: number;
  /** Cells that are none in any. */
  texts: number;
  /** Numbers that are not whole, under each decimal mark. */
  readonly fractions: { '.': number; ',': number };
  /** Cells that only a decimal point, or only a decimal comma, explains. */
  point: number;
  comma: number;
  /** Cells that both explain, as different numbers: `1,234` and `1.234`. */
  either: number;
  /** Grouping marks seen, under each decimal mark. */
  readonly groupsWithPoint: Set<NumberFormat['thousands']>;
  readonly groupsWithComma: Set<NumberFormat['thousands']>;
}

export function noEvidence(): NumberEvidence {
  return {
    numbers: 0,
    texts: 0,
    fractions: { '.': 0, ',': 0 },
    point: 0,
    comma: 0,
    either: 0,
    groupsWithPoint: new Set(),
    groupsWithComma: new Set(),
  };
}

const reading = (decimal: '.' | ',') =>
  ([decimal === '.' ? ',' : '.', ' ', "'"] as const).map((thousands) => ({ thousands, read: numberReader({ decimal, thousands }) }));
const WITH_POINT = reading('.');
const WITH_COMMA = reading(',');
const WHOLE = /^[+-]?\d+$/;
const read = (readers: typeof WITH_POINT, text: string) => {
  for (const { thousands, read: number } of readers) {
    const value = number(text);
    if (value !== undefined) return { thousands, value };
  }
  return undefined;
};

/** Adds one trimmed, non-empty cell. */
export function weigh(evidence: NumberEvidence, text: string): void {
  if (WHOLE.test(text)) {
    evidence.numbers += 1;
    return;
  }
  const point = read(WITH_POINT, text);
  const comma = read(WITH_COMMA, text);
  if (!point && !comma) {
    evidence.texts += 1;
    return;
  }
  evidence.numbers += 1;
  if (point && !Number.isInteger(point.value)) evidence.fractions['.'] += 1;
  if (comma && !Number.isInteger(comma.value)) evidence.fractions[','] += 1;
  const grouped = (thousands: NumberFormat['thousands']) =>
    thousands !== 'none' && new RegExp(`\\d${GROUP[thousands]}\\d{3}(?!\\d)`).test(text);
  if (point && grouped(point.thousands)) evidence.groupsWithPoint.add(point.thousands);
  if (comma && grouped(comma.thousands)) evidence.groupsWithComma.add(comma.thousands);
  if (point && comma) {
    if (point.value !== comma.value) evidence.either += 1;
  } else if (point) evidence.point += 1;
  else evidence.comma += 1;
}

/** What a column's evidence comes to. `both`: it fits two formats, or no single one; then nobody guesses. */
export function verdict(evidence: NumberEvidence): 'any' | 'point' | 'comma' | 'both' {
  if (evidence.point > 0 && evidence.comma > 0) return 'both';
  if (evidence.point > 0) return 'point';
  if (evidence.comma > 0) return 'comma';
  return evidence.either > 0 ? 'both' : 'any';
}
