import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { stateLayout } from '../../../site-agent/src/state/index.js';
import { eventually, SITES, studyYaml } from '../../support/small-consortium.js';
import type { World } from '../world.js';

/** The same bytes but for the last digit of the first learning rate. */
function alter(specification: Uint8Array): Buffer {
  const bytes = Buffer.from(specification);
  const at = bytes.indexOf('"learningRate":0.3') + '"learningRate":0.'.length;
  expect(String.fromCharCode(bytes[at] ?? 0)).toBe('3');
  bytes[at] = '9'.charCodeAt(0);
  return bytes;
}

/** A study is its bytes: what was approved is run, or nothing. */
export function alteredStudies(world: () => World): void {
  describe('a study changed by one byte after its approval', () => {
    it("in the coordinator's database: refused by name, nothing runs, and nobody else is disturbed", async () => {
      const { consortium } = world();
      const hash = await world().propose(studyYaml({ name: 'altered' }));
      await consortium.coordinator?.stop();
      // The coordinator is not there: an officer's decision counts at the site all the same, and is sent later.
      const away = await world().refusedSite('a', 'study', 'withdraw', hash, '--yes');
      expect(away).toMatchObject({ exit: 3, code: 'COORDINATOR_UNREACHABLE' });
      await world().withDatabase(async (client) => {
        const { rows } = await client.query<{ specification: Buffer }>('select specification from studies where hash = $1', [hash]);
        await client.query('update studies set specification = $2 where hash = $1', [
          hash,
          alter(rows[0]?.specification ?? Buffer.alloc(0)),
        ]);
      });
      await consortium.startCoordinator();
      for (const command of [
        ['launch', hash],
        ['status', hash],
        ['stop', hash],
      ])
        expect(await world().refusedConsilium('study', ...command)).toMatchObject({
          exit: 6,
          code: 'STUDY_ALTERED',
          message: `The stored specification of study ${hash.slice(0, 8)} does not have the hash that the sites approved.`,
        });
      const { rows } = await world().withDatabase((client) =>
        client.query<{ type: string }>("select event->>'type' as type from study_events where study = $1 and event->>'type' = 'launched'", [
          hash,
        ]),
      );
      expect(rows).toEqual([]);
      await eventually(async () => {
        const { items } = (await consortium.api('GET', '/sites')) as { items: { site: string; connected: boolean }[] };
        return SITES.every((site) => items.find((entry) => entry.site === site)?.connected) || undefined;
      });
    });

    it("in a site's state: the site takes no part, and says that what it holds is not what was approved", async () => {
      const { consortium } = world();
      const hash = await world().propose(studyYaml({ name: 'altered-at-d' }));
      const database = new DatabaseSync(stateLayout(consortium.siteState('d')).database, { timeout: 5_000 });
      const row = database.prepare('SELECT specification FROM study WHERE hash = ?').get(hash) as { specification: Uint8Array };
      database.prepare('UPDATE study SET specification = ? WHERE hash = ?').run(alter(row.specification), hash);
      database.close();
      for (const command of [
        ['show', hash],
        ['approve', hash, '--yes'],
      ])
        expect(await world().refusedSite('d', 'study', ...command)).toMatchObject({ exit: 6 });
      await world().launch(hash);
      const { code, sentence, view } = await world().refusalOf(hash, 'd');
      expect(code).toBe('APPROVAL_STALE');
      expect(sentence).toContain(hash.slice(0, 8));
      expect(view.metrics).toEqual([]);
      await world().consortium.api('POST', `/studies/${hash}/stop`);
    });
  });
}
