import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makePrivateDirectory, writePrivateFile, type StateLayout } from '../state/index.js';

/** How long a link waits for the person who asked for it. */
export const LINK_MS = 5 * 60_000;
const CODE_BYTES = 32;

const Link = z.strictObject({ expiresAt: z.iso.datetime() });

const nameOf = (code: string): string => createHash('sha256').update('consilium/v1/page-link\n').update(code, 'utf8').digest('hex');

/**
 * A code that opens the page once. Whoever can write into the state directory may use the commands, so may the page: the
 * code shows that it is the same person. Only its hash lies on disk.
 * @returns 43 letters of base64url
 */
export function makePageLink({ pageLinks }: Pick<StateLayout, 'pageLinks'>, now: Date): string {
  makePrivateDirectory(pageLinks);
  dropOldLinks(pageLinks, now);
  const code = randomBytes(CODE_BYTES).toString('base64url');
  writePrivateFile(join(pageLinks, nameOf(code)), JSON.stringify({ expiresAt: new Date(now.getTime() + LINK_MS).toISOString() }));
  return code;
}

/** @returns whether the code was good; it never is again, since of two who unlink a file one succeeds */
export function usePageLink({ pageLinks }: Pick<StateLayout, 'pageLinks'>, code: string, now: Date): boolean {
  const file = join(pageLinks, nameOf(code));
  try {
    const { expiresAt } = Link.parse(JSON.parse(readFileSync(file, 'utf8')));
    unlinkSync(file);
    return new Date(expiresAt) > now;
  } catch {
    return false;
  }
}

function dropOldLinks(folder: string, now: Date): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const link = Link.safeParse(parsed(file)).data;
    if (link === undefined || new Date(link.expiresAt) <= now) rmSync(file, { force: true });
  }
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
