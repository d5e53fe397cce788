import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SITES, studyYaml } from '../support/small-consortium.js';
import { alteredStudies } from './cases/altered-studies.js';
import { cohortsThatDoNotFit } from './cases/cohorts.js';
import { joining } from './cases/joining.js';
import { openKeyFiles } from './cases/key-files.js';
import { settings } from './cases/settings.js';
import { World } from './world.js';

/** Every case of bad input in one consortium, one after the other: none may disturb the next. */
describe('bad input ends in one clear sentence and a non-zero exit', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.end());
  afterEach(() => {
    const processes = world.processes();
    expect([...processes.keys()]).toEqual(['coordinator', ...SITES]);
    for (const [name, pid] of processes) expect(pid, `${name} still runs`).toBeTypeOf('number');
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
  });
});
