import { readFile } from 'node:fs/promises';
import type { Person } from './person.js';

/** A file that the browser saved. */
export async function saved(person: Person, button: string): Promise<Buffer> {
  const [download] = await Promise.all([person.page.waitForEvent('download'), person.click(button)]);
  return readFile(await download.path());
}

/** A copy in which somebody has moved the time of one entry by a day. */
export function altered(ledger: Buffer, line: number): Buffer {
  const lines = ledger.toString('utf8').split('\n');
  lines[line - 1] = (lines[line - 1] ?? '').replace(/"at":"(\d{4})/, (_, year: string) => `"at":"${Number(year) + 1}`);
  return Buffer.from(lines.join('\n'));
}
