import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

describe('the wire', () => {
  it('keeps to the rules of buf', () => {
    expect(buf('lint', 'proto')).toEqual({ status: 0, output: '' });
  });

  it('breaks no message that main already promises', (context) => {
    // An exported tree has no history, and a first commit no main to compare with.
    context.skip(git('cat-file', '-e', 'main:proto/buf.yaml') !== 0, 'no git history with proto on main');
    expect(buf('breaking', 'proto', '--against', '.git#branch=main,subdir=proto')).toEqual({ status: 0, output: '' });
  });
});

describe('the check for breaking changes', () => {
  let before: string;
  let after: string;

  beforeAll(() => {
    before = mkdtempSync(join(tmpdir(), 'consilium-wire-'));
    after = mkdtempSync(join(tmpdir(), 'consilium-wire-'));
    for (const copy of [before, after]) cpSync(join(ROOT, 'proto'), copy, { recursive: true });
  });
  afterAll(() => {
    for (const copy of [before, after]) rmSync(copy, { recursive: true, force: true });
  });

  it('lets an unchanged wire pass', () => {
    expect(buf('breaking', after, '--against', before)).toEqual({ status: 0, output: '' });
  });

  it('notices a removed field', () => {
    const file = join(after, 'consilium/v1/transfer.proto');
    const text = readFileSync(file, 'utf8');
    const field = /^ {2}(?:\w+ )?\w+ (\w+) = \d+;.*\n/m.exec(text);
    writeFileSync(file, text.replace(field![0], ''));
    const { status, output } = buf('breaking', after, '--against', before);
    expect(status).not.toBe(0);
    expect(output).toContain(`"${field![1]}"`);
    expect(output).toContain('was deleted');
  });
});

function buf(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const run = spawnSync(join(ROOT, 'node_modules/.bin/buf'), args, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 });
  return { status: run.status, output: run.stdout + run.stderr };
}

function git(...args: readonly string[]): number | null {
  return spawnSync('git', args, { cwd: ROOT, stdio: 'ignore', timeout: 60_000 }).status;
}
