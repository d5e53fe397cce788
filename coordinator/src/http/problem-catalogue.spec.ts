import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBLEMS } from './problem-catalogue.js';

const SOURCES = join(import.meta.dirname, '..');
/** What they refuse is told to sites, or to whoever starts the program, and never over HTTP. */
const NOT_HTTP = new Set(['grpc', 'aggregation', 'rounds', 'config']);
const CODE = /(?:\bcode: |\b(?:refuse|say|problem|refused)\(\s*)'([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)'/g;

async function codesThrown(): Promise<readonly string[]> {
  const files = (await readdir(SOURCES, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !NOT_HTTP.has(file.split('/')[0] ?? ''),
  );
  const texts = await Promise.all(files.map((file) => readFile(join(SOURCES, file), 'utf8')));
  return [...new Set(texts.flatMap((text) => [...text.matchAll(CODE)].map(([, code = '']) => code)))].toSorted();
}

describe('the catalogue of problems', () => {
  it('explains every code that the API can answer with', async () => {
    const codes = await codesThrown();
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !Object.hasOwn(PROBLEMS, code))).toEqual([]);
  });

  it('says each in one sentence or two, in order', () => {
    expect(Object.keys(PROBLEMS)).toEqual(Object.keys(PROBLEMS).toSorted());
    for (const [code, sentence] of Object.entries(PROBLEMS)) expect(sentence, code).toMatch(/^[A-Z].*\.$/);
  });
});
