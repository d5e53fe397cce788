import type { DerivedColumn } from '@consilium/protocol';
import { cellText } from './csv-records.js';

type TextOf = (column: string) => string;

const texts = (cells: readonly string[]): ReadonlySet<string> => new Set(cells.map(cellText));

/** @returns what makes a derived column's text from a row; empty where nothing is said */
export function derivedCell(derived: DerivedColumn): (textOf: TextOf) => string {
  if ('anyOf' in derived) {
    const wanted = texts(derived.anyOf.equals);
    const { columns } = derived.anyOf;
    return (textOf) => {
      const said = columns.map(textOf).filter((text) => text !== '');
      return said.length === 0 ? '' : said.some((text) => wanted.has(text)) ? '1' : '0';
    };
  }
  if ('contains' in derived) {
    const { column, separator, members } = derived.contains;
    const wanted = texts(members);
    return (textOf) => {
      const text = textOf(column);
      return text === '' ? '' : text.split(separator).some((member) => wanted.has(cellText(member))) ? '1' : '0';
    };
  }
  const steps = derived.firstOf.map(({ column, map, where }) => ({
    column,
    map: map && new Map(Object.entries(map).map(([text, becomes]) => [cellText(text), becomes])),
    where: where && { column: where.column, equals: texts(where.equals) },
  }));
  return (textOf) => {
    for (const { column, map, where } of steps) {
      if (where && !where.equals.has(textOf(where.column))) continue;
      const text = textOf(column);
      const found = map ? (map.get(text) ?? '') : text;
      if (found !== '') return found;
    }
    return '';
  };
}
