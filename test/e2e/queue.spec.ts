import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchStudy } from '../../demo/src/index.js';
import { smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

describe('two studies at the same sites', () => {
  let small: SmallConsortium;
  beforeAll(async () => {
    small = await smallConsortium();
  });
  afterAll(() => small.remove());

  it('run one after the other; the one that waits says for which', async () => {
    const { consortium, propose } = small;
    const first = await propose(studyYaml({ name: 'first', rounds: 40 }));
    const second = await propose(studyYaml({ name: 'second', rounds: 1 }));
    await consortium.api('POST', `/studies/${first}/launch`);
    const queued = (await consortium.api('POST', `/studies/${second}/launch`)) as { state: string; stateReason: string };
    expect(queued.state).toBe('queued');
    expect(queued.stateReason).toContain('Queued behind study first');
    await consortium.consilium('study', 'stop', first);
    const watch = { timeoutMs: 60_000, show: () => undefined, signal: AbortSignal.timeout(60_000) };
    expect((await watchStudy(consortium, second, watch)).state).toBe('done');
    expect(await consortium.api('GET', `/studies/${first}`)).toMatchObject({ state: 'stopped', stateReason: 'Stopped by admin.' });
  });
});
