import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SITE_KEY_FILES } from '@consilium/identity';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stateLayout } from '../../site-agent/src/state/index.js';
import { SITES, studyYaml } from '../support/small-consortium.js';
import { alteredStudies } from './cases/altered-studies.js';
import { cohortsThatDoNotFit } from './cases/cohorts.js';
import { joining } from './cases/joining.js';
import { openKeyFiles } from './cases/key-files.js';
import { settings } from './cases/settings.js';
import { patientsOf, World } from './world.js';

/** Every case of bad input in one consortium, one after the other: none may disturb the next. */
describe('bad input ends in one clear sentence and a non-zero exit', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.end());
  afterEach(async () => {
    const processes = world.processes();
    expect([...processes.keys()]).toEqual(['coordinator', ...SITES]);
    for (const [name, pid] of processes)
      expect(pid, `${name} still runs; its log ends: ${await world.lastWords(name)}`).toBeTypeOf('number');
  });

  joining(() => world);
  settings(() => world);
  openKeyFiles(() => world);
  cohortsThatDoNotFit(() => world);
  alteredStudies(() => world);

  it('and after all of it a study still runs from proposal to released model', async () => {
    const hash = await world.propose(studyYaml({ name: 'after-all', rounds: 1 }));
    await world.launch(hash);
    await world.finish(hash);
    const { metrics } = await world.view(hash);
    expect(metrics.map(({ contributors }) => contributors)).toEqual([[...SITES], [...SITES]]);
  });

  it('and nobody was told a patient value, a token or a key, not even a log', async () => {
    expect(await world.leaks()).toEqual([]);
    // The same search finds what it looks for where it belongs.
    const { siteKeys } = stateLayout(world.consortium.siteState('b'));
    const key = await readFile(join(siteKeys, SITE_KEY_FILES.identity), 'latin1');
    expect(await world.leaks(patientsOf('a'), key)).toEqual(expect.arrayContaining(['patient-a-0', 'patient-a-39', key.split('\n')[1]]));
  });
});
