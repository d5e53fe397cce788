import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { findFiles } from '@consilium/cohort';
import { checkStudyCohort, readStoredStudy } from '../../approval/index.js';
import type { SiteCohort, SiteConfig } from '../../config/index.js';
import { listStudies, type SiteState } from '../../state/index.js';
import { fail, notRun, ok, warn, type Check, type Found } from '../finding.js';

/** What this process may do with a path; a seam for tests that run as root. */
export interface Rights {
  readonly uid: number | undefined;
  may(path: string, what: 'read' | 'write'): boolean;
}

export const OWN_RIGHTS: Rights = {
  uid: process.getuid?.(),
  may: (path, what) => {
    try {
      accessSync(path, what === 'read' ? constants.R_OK : constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
};

/** Each cohort's files, and each cohort by the studies that were proposed for it. Local only, and no value is said. */
export function dataChecks(config: SiteConfig, state: SiteState | undefined, rights: Rights = OWN_RIGHTS): readonly Check[] {
  const cohorts = [...config.cohorts.values()];
  if (cohorts.length === 0) return [{ name: 'data', group: 'data', look: () => notRun('site.yaml names no cohort yet') }];
  return cohorts.flatMap((cohort): readonly Check[] => [
    { name: `data ${cohort.name}`, group: 'data', look: () => files(cohort, rights) },
    { name: `cohort ${cohort.name}`, group: 'data', needs: [`data ${cohort.name}`], look: () => schema(config, state, cohort.name) },
  ]);
}

async function files({ name, source }: SiteCohort, rights: Rights): Promise<Found> {
  const paths = [source.path, ...(source.type === 'dicom' ? [source.labels.path] : [])].flat();
  let found: readonly string[];
  try {
    found = await findFiles(paths, '/');
  } catch {
    return fail(
      'DATA_UNREADABLE',
      `an entry of cohorts.${name}.source matches no file that this user can see`,
      `Correct cohorts.${name}.source in site.yaml, or let the service's user read the folder.`,
      'site IT',
    );
  }
  const places = [...new Set(found.map((path) => dirname(path)))];
  const unreadable = found.filter((path) => !rights.may(path, 'read')).length;
  if (unreadable > 0)
    return fail(
      'DATA_UNREADABLE',
      `${unreadable} of ${found.length} files cannot be read by this user`,
      "Let the service's user read them: setfacl -m u:consilium:r FILE",
      'site IT',
    );
  const writable = [...found, ...places].filter((path) => rights.may(path, 'write')).length;
  if (writable === 0) return ok(`${found.length} files can be read, none can be written`);
  if (rights.uid === 0)
    return warn(
      'DATA_WRITABLE',
      `root may write everywhere, so this says nothing of the agent's user`,
      'Run the check as the user of the service: sudo -u consilium consilium-site doctor --data',
      'site IT',
    );
  return fail(
    'DATA_WRITABLE',
    `${writable} of ${found.length} files and ${places.length} folders can be written by this user`,
    "Take the right to write from the service's user (chmod, setfacl), or mount the data read-only (ReadOnlyPaths= in the unit).",
    'site IT',
  );
}

async function schema(config: SiteConfig, state: SiteState | undefined, name: string): Promise<Found> {
  if (state === undefined) return notRun('the state cannot be opened');
  const studies = listStudies(state).flatMap((stored) => {
    try {
      const { cohort } = readStoredStudy(stored);
      return cohort.name === name ? [{ hash: stored.hash.slice(0, 8), cohort }] : [];
    } catch {
      return [];
    }
  });
  if (studies.length === 0) return notRun('no study has been proposed for it, and types come from a study');
  for (const { hash, cohort } of studies) {
    const { problems } = await checkStudyCohort(state, config, name, cohort);
    const [first] = problems;
    if (first)
      return fail(
        first.code,
        `study ${hash}: ${first.column === undefined ? 'the table' : `column ${first.column}`} (${problems.length} problem${problems.length > 1 ? 's' : ''})`,
        `Run: consilium-site cohort check ${name} --study ${hash}`,
        'site IT',
      );
  }
  return ok(`fits ${studies.length} proposed ${studies.length === 1 ? 'study' : 'studies'}`);
}
