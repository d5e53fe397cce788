import { isMap, isScalar, parseDocument, type Document } from 'yaml';

/** A study as text, and what can be read of it. */
export interface StudyText {
  readonly text: string;
  readonly document: Document.Parsed;
  /** The first thing that keeps the text from being YAML. */
  readonly broken: { readonly line: number; readonly detail: string } | undefined;
}

export function readText(text: string): StudyText {
  const document = parseDocument(text, { prettyErrors: true });
  const [first] = document.errors;
  return { text, document, broken: first && { line: first.linePos?.[0].line ?? 1, detail: first.message.split('\n')[0] ?? '' } };
}

/** The value at a path; undefined where there is none. */
export function valueAt({ document }: StudyText, path: readonly string[]): unknown {
  const node: unknown = document.getIn(path, true);
  if (isScalar(node)) return node.value;
  return node !== null && typeof node === 'object' && 'toJSON' in node && typeof node.toJSON === 'function'
    ? (node.toJSON() as unknown)
    : node;
}

/**
 * The text with another value at one path: comments, order and everything that no field shows stay as they were written.
 * @param value - undefined takes the field out
 */
export function withValue({ text }: StudyText, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  if (document.contents === null) document.contents = document.createNode({}) as unknown as typeof document.contents;
  if (value === undefined) {
    if (document.hasIn(path)) document.deleteIn(path);
    const parent = path.slice(0, -1);
    const left = document.getIn(parent);
    if (parent.length > 0 && isMap(left) && left.items.length === 0) document.deleteIn(parent);
    return document.toString({ lineWidth: 0 });
  }
  const old: unknown = document.getIn(path, true);
  if (isScalar(old) && typeof value !== 'object') old.value = value;
  else {
    const node = document.createNode(value, { flow: Array.isArray(value) });
    document.setIn(path, node);
  }
  return document.toString({ lineWidth: 0 });
}
