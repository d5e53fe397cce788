import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess, PROGRAMS, type Consortium } from '../../../demo/src/index.js';
import { eventually } from '../../support/small-consortium.js';

/** `consilium-site join`, as the IT of a hospital runs it at a terminal. */
export interface Joining {
  /** The eight words over the site's key, as printed while it waits. */
  readonly words: string;
  /** Its exit status. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export async function joinAtSite(consortium: Consortium, site: string, token: string): Promise<Joining> {
  const folder = consortium.siteDirectory(site);
  const file = join(folder, 't.txt');
  const log = join(folder, 'join.log');
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  const args = ['--config', consortium.siteConfig(site), 'join', '--token-file', file, '--yes'];
  const { exited } = new ManagedProcess(`join of ${site}`, PROGRAMS.site, args, log);
  const said = async () => readFile(log, 'utf8').catch(() => '');
  const words = await eventually(async () => {
    const text = await said();
    return text.includes('Needs approval') ? /^This site's key: (.+)$/m.exec(text)?.[1] : undefined;
  });
  return { words, ended: exited };
}
