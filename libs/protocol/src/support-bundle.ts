import type { Json } from './canonical-json.js';

/** One part of a support bundle: typed facts that were picked one by one, never a text that somebody redacted. */
export interface SupportFile {
  /** Such as `studies.json`. */
  readonly name: string;
  readonly content: Json;
}

export interface SupportBundle {
  /** `consilium-site` or `consilium`. */
  readonly program: string;
  readonly version: string;
  readonly madeAt: Date;
  readonly files: readonly SupportFile[];
}

/**
 * A support bundle as one text file (UX.md section 5): the list of its parts with their numbers of lines first, then
 * every line. Text, and one file, so that whoever sends it can read what it says, and take out what they like.
 */
export function supportBundleText({ program, version, madeAt, files }: SupportBundle): string {
  const parts = files.map(({ name, content }) => ({ name, lines: JSON.stringify(content, null, 2).split('\n') }));
  const width = Math.max(...parts.map(({ name }) => name.length));
  return [
    'consilium-support-bundle-1',
    `program  ${program} ${version}`,
    `made     ${madeAt.toISOString()}`,
    ...parts.map(({ name, lines }) => `holds    ${name.padEnd(width)}  ${lines.length} lines`),
    ...parts.flatMap(({ name, lines }) => ['', `=== ${name}`, ...lines]),
    '',
  ].join('\n');
}
