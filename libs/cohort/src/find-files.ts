import { glob, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refuse } from './cohort-problem.js';

const codeOf = (cause: unknown): string => (cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error');

/** Names of files may hold identifiers, so a message says which entry of `path` it means, not what stands there. */
const entry = (index: number, of: number): string => (of === 1 ? 'source.path' : `Entry ${index + 1} of source.path`);

async function kindOf(path: string): Promise<'file' | 'other' | 'absent' | { readonly failed: string }> {
  try {
    return (await stat(path)).isFile() ? 'file' : 'other';
  } catch (cause) {
    const code = codeOf(cause);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : { failed: code };
  }
}

async function matches(pattern: string, baseDir: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const name of glob(pattern, { cwd: baseDir })) {
    const path = resolve(baseDir, name);
    if ((await kindOf(path)) === 'file') found.push(path);
  }
  return found;
}

/**
 * The files of one cohort, in the order of their sorted absolute paths, each once.
 * @param paths - files or patterns; what exists under that very name is a file, not a pattern
 * @param baseDir - where relative paths begin
 * @throws CohortRefused DATA_UNREADABLE where an entry matches no regular file: never fewer data in silence
 */
export async function findFiles(paths: string | readonly string[], baseDir: string): Promise<readonly string[]> {
  const entries = typeof paths === 'string' ? [paths] : paths;
  const found = new Set<string>();
  for (const [index, pattern] of entries.entries()) {
    const path = resolve(baseDir, pattern);
    const kind = await kindOf(path);
    const named = entry(index, entries.length);
    if (typeof kind === 'object')
      throw refuse({
        code: 'DATA_UNREADABLE',
        sentence: `${named} cannot be opened (${kind.failed}).`,
        fix: "Give the agent's user permission to read it.",
      });
    if (kind === 'other')
      throw refuse({
        code: 'DATA_UNREADABLE',
        sentence: `${named} is a folder or a device, not a file.`,
        fix: 'Name a file, or a pattern such as "/data/heart/*.csv".',
      });
    const files = kind === 'file' ? [path] : await matches(pattern, baseDir);
    if (files.length === 0)
      throw refuse({
        code: 'DATA_UNREADABLE',
        sentence: `${named} matches no file.`,
        fix: "Correct cohorts.<name>.source.path in site.yaml, or give the agent's user permission to list that folder.",
      });
    for (const file of files) found.add(file);
  }
  return [...found].sort();
}
