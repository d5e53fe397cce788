import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTree } from './read-everything.js';

const RECORDER = new URL('record-traffic.mjs', import.meta.url).href;

/** What sites say to the coordinator and hear from it, written down inside their own processes. */
export function trafficEnvironment(): {
  /** For `siteEnvironment` of a consortium. */
  readonly environment: (site: string) => NodeJS.ProcessEnv;
  /** All of it, by a name that ends in `.sent` or `.heard`; deletes the files. */
  readonly read: () => Promise<ReadonlyMap<string, Buffer>>;
} {
  const folder = mkdtempSync(join(tmpdir(), 'consilium-traffic-'));
  const environment = (site: string): NodeJS.ProcessEnv => {
    const own = join(folder, site);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return { NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${RECORDER}`.trim(), CONSILIUM_TEST_TRAFFIC: own };
  };
  const read = async () => {
    const files = await readTree(folder);
    await rm(folder, { recursive: true, force: true });
    return files;
  };
  return { environment, read };
}
