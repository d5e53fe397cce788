import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import type { SiteConfig } from '../../config/index.js';
import { checkPrivate, stateLayout } from '../../state/index.js';
import { fail, ok, type Check, type Found } from '../finding.js';

/** Keys, state and settings as only this user may see or change them (field case OPS-2). */
export function fileChecks(config: SiteConfig): readonly Check[] {
  return [{ name: 'modes', group: 'site', look: () => modes(config) }];
}

function modes({ state, file, keyFiles }: SiteConfig): Found {
  const layout = stateLayout(state);
  if (!existsSync(layout.database))
    return fail('STATE_MISSING', `there is no site state in ${state}`, 'Run: consilium-site init', 'site IT');
  const wrong = new Map<string, ConsiliumError>();
  let looked = 0;
  const look = (path: string, kind: 'directory' | 'file'): void => {
    looked += 1;
    try {
      checkPrivate(path, kind, keyFiles);
    } catch (error) {
      if (!(error instanceof ConsiliumError)) throw error;
      wrong.set(path, error);
    }
  };
  look(layout.directory, 'directory');
  for (const path of [layout.database, layout.egress, layout.lock].filter(existsSync)) look(path, 'file');
  for (const path of [layout.ledgers, layout.objections, layout.witness, layout.studies].filter(existsSync)) look(path, 'directory');
  tree(layout.keys, look);
  const [first] = wrong.values();
  if (first)
    return fail(
      'FILE_MODE',
      `${first.message}${wrong.size > 1 ? ` And ${wrong.size - 1} more` : ''}`,
      [...wrong.values()]
        .map(({ fix }) => fix)
        .slice(0, 10)
        .join(' '),
      'site IT',
    );
  // Whoever can write the settings can name other officers and raise limits.
  if ((statSync(file).mode & 0o022) !== 0)
    return fail('FILE_MODE', `${file} can be changed by others than its owner`, `Run: chmod go-w '${file}'`, 'site IT');
  return ok(`${looked} files and folders are private`);
}

function tree(folder: string, look: (path: string, kind: 'directory' | 'file') => void): void {
  look(folder, 'directory');
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) tree(path, look);
    else look(path, 'file');
  }
}
