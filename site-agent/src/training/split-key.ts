import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile, type StateLayout } from '../state/index.js';

const KEY_BYTES = 32;

/**
 * The secret by which a population's patients are split into training and test, for ever (PROTOCOL.md section 6). Drawn
 * when it is first needed; it never leaves the site.
 * @param population - a name of `site.yaml`: letters, digits and hyphens
 */
export function splitKey(layout: StateLayout, population: string): Buffer {
  const path = join(layout.keys, `split-${population}.key`);
  if (!existsSync(path)) writePrivateFile(path, randomBytes(KEY_BYTES));
  return readFileSync(path);
}
