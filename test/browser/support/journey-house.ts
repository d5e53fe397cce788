import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Consortium, makeWorkspace, type HospitalPlan } from '../../../demo/src/index.js';
import { freePort } from '../../support/free-port.js';
import { runInProcess } from '../../support/site-command.js';
import { eventually, inventedCsv, SITES } from '../../support/small-consortium.js';

/** A consortium in which nothing has happened yet: its coordinator runs, its hospitals have their files. */
export interface JourneyHouse {
  readonly consortium: Consortium;
  /** The one-time address that the coordinator printed. */
  readonly setupLink: string;
  /** Private key file of the officer of hospital a. */
  readonly officerKey: string;
  remove(): Promise<void>;
}

export async function journeyHouse(): Promise<JourneyHouse> {
  const { directory, remove } = await makeWorkspace();
  const hospitals: HospitalPlan[] = [];
  for (const name of SITES) {
    const path = join(directory, name, 'patients.csv');
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(path, inventedCsv(name));
    hospitals.push({
      name,
      populations: { heart: { patientId: 'pid', privacy: { epsilonLimit: 6, delta: 1e-4, largerDelta: true } } },
      cohorts: { heart: { population: 'heart', source: { type: 'csv', path } } },
      policy: { minPatients: 10, deltaMax: 1e-4 },
    });
  }
  const consortium = await Consortium.prepare({ name: 'heart', directory, hospitals, shadow: false, runInProcess });
  const end = async () => {
    await consortium.stop();
    await remove();
  };
  try {
    const officerKey = await officerAndPage(consortium, 'a');
    await consortium.startCoordinator();
    return { consortium, setupLink: await printedLink(directory), officerKey, remove: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A hospital whose decisions need an officer's key, and that serves its own page. */
async function officerAndPage(consortium: Consortium, site: string): Promise<string> {
  const key = join(consortium.siteDirectory(site), 'dpo.key');
  await consortium.site(site, 'officer', 'key', 'new', '-o', key);
  const page = { listen: `127.0.0.1:${await freePort()}` };
  await appendFile(consortium.siteConfig(site), stringify({ officers: ['dpo.pub'], page }));
  return key;
}

function printedLink(directory: string): Promise<string> {
  return eventually(async () => /http\S+\/setup#token=\S+/.exec(await readFile(join(directory, 'logs', 'coordinator.log'), 'utf8'))?.[0]);
}
