import { readFileSync } from 'node:fs';
import { readIdentityKey } from '@consilium/identity';
import { ledgerPlace, rdpAccountant, verifyLedger } from '@consilium/ledger';
import { PopulationName } from '@consilium/protocol';
import type { AbortCertificate, SignAbortRequest } from '@consilium/protocol/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { noisyYaml, StudyWorld, type Try } from '../../test/study-world.js';
import { memberKeys } from '../ledger/index.js';

const worlds: StudyWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

/** Three sites whose contributions to round 1 the coordinator has; t = 3, c = 1, so that two words are enough. */
async function uploaded(): Promise<{ readonly world: StudyWorld; readonly attempt: Try }> {
  const world = new StudyWorld(noisyYaml({ rounds: 3 }), { sharedBench: true });
  worlds.push(world);
  world.patienceMs = 5_000;
  await world.start();
  await world.makeKeys();
  await world.openBlock(0, 8);
  const attempt = world.attempt(1, 0);
  await world.everywhere(() => world.contributeTask(attempt));
  return { world, attempt };
}

const signTask = (round = 1) => ({ $case: 'signAbort', value: { round } }) as const;
const endTask = (aborted?: AbortCertificate) => ({ $case: 'end', value: { outcome: 'stopped', aborted } }) as const;
const wordOf = (world: StudyWorld, site: string) => world.coordinator.word<SignAbortRequest>('signAbort', site).signature;
const certificate = (world: StudyWorld, sites: readonly string[], round = 1): AbortCertificate => ({
  round,
  signatures: sites.map((site) => ({ site, signature: wordOf(world, site) })),
});

/** What anybody finds who verifies a site's ledger, and how its entries end. */
function ledgerOf(world: StudyWorld, site: string) {
  const { state } = world.at(site);
  const file = readFileSync(ledgerPlace(state.layout.ledgers, PopulationName.parse('heart')).lines);
  const verdict = verifyLedger(file, { keysOf: memberKeys(state), readKey: readIdentityKey, accountant: rdpAccountant() });
  if (!verdict.ok) throw new Error(verdict.detail);
  const entries = file
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { entry: { kind: string; why?: string } }).entry);
  return { spent: verdict.budget.spent.percentUsed, returns: entries.flatMap(({ kind, why }) => (kind === 'return' ? [why] : [])) };
}

describe('a round that nobody can open any more', () => {
  it('comes back at every site, with the words of enough of them in an entry that anybody can check', async () => {
    const { world } = await uploaded();
    expect(ledgerOf(world, 'a').spent).toBeGreaterThan(0);
    await world.everywhere(() => signTask(), ['a', 'b']);
    const end = endTask(certificate(world, ['a', 'b']));
    for (const site of ['a', 'b', 'c']) {
      await world.perform(site, end);
      await world.perform(site, end);
      expect(ledgerOf(world, site)).toEqual({ spent: 0, returns: ['not-uploaded', 'not-uploaded', 'aborted'] });
    }
  });

  it('comes back also where the words are together only after the end', async () => {
    const { world } = await uploaded();
    await world.perform('a', signTask());
    await world.perform('a', endTask());
    expect(ledgerOf(world, 'a').returns).not.toContain('aborted');
    const { spent } = ledgerOf(world, 'a');
    expect(spent).toBeGreaterThan(0);
    await world.restart('a');
    await world.perform('b', signTask());
    await world.perform('a', endTask(certificate(world, ['a', 'b'])));
    expect(ledgerOf(world, 'a').spent).toBe(0);
  });

  it('stays spent where no certificate can be had, or it is short, forged, of another round or of a stranger', async () => {
    const { world } = await uploaded();
    await world.everywhere(() => signTask(), ['a', 'b']);
    await world.everywhere(() => signTask(2), ['c']);
    const [a, b] = [wordOf(world, 'a'), wordOf(world, 'b')];
    const forged: readonly AbortCertificate['signatures'][] = [
      [{ site: 'a', signature: a }],
      [
        { site: 'a', signature: a },
        { site: 'a', signature: a },
      ],
      [
        { site: 'a', signature: a },
        { site: 'b', signature: a },
      ],
      [
        { site: 'a', signature: a },
        { site: 'c', signature: wordOf(world, 'c') },
      ],
      [
        { site: 'a', signature: a },
        { site: 'stranger', signature: b },
      ],
    ];
    for (const signatures of forged) {
      await world.perform('c', endTask({ round: 1, signatures }));
      expect(ledgerOf(world, 'c').returns).not.toContain('aborted');
      expect(ledgerOf(world, 'c').spent).toBeGreaterThan(0);
    }
    await world.perform('c', endTask(certificate(world, ['a', 'b'])));
    expect(ledgerOf(world, 'c').spent).toBe(0);
  });
});

describe('a site that signed that it never releases a round', () => {
  it('signs no list of it, releases nothing in it and uploads to it no more, also after a restart', async () => {
    const { world, attempt } = await uploaded();
    const list = world.signListTask(attempt);
    await world.everywhere(() => list, ['b', 'c']);
    await world.perform('a', list);
    await world.perform('a', signTask());
    for (const again of [false, true]) {
      if (again) await world.restart('a');
      const refused = { code: 'ROUND_ABORTED' };
      await expect(world.perform('a', world.unmaskTask(attempt))).rejects.toMatchObject(refused);
      await expect(world.perform('a', list)).rejects.toMatchObject(refused);
      await expect(world.perform('a', world.contributeTask(world.attempt(1, 1, { seat: 1 })))).rejects.toMatchObject(refused);
      expect(world.coordinator.said.has('unmask a')).toBe(false);
    }
  });

  it('signs nothing of the kind where it has released, also after a restart and after the end', async () => {
    const { world, attempt } = await uploaded();
    const list = world.signListTask(attempt);
    await world.everywhere(() => list);
    await world.perform('a', world.unmaskTask(attempt));
    await expect(world.perform('a', signTask())).rejects.toMatchObject({ code: 'RELEASED' });
    await world.restart('a');
    await expect(world.perform('a', signTask())).rejects.toMatchObject({ code: 'RELEASED' });
    await world.perform('a', endTask());
    await expect(world.perform('a', signTask())).rejects.toMatchObject({ code: 'RELEASED' });
    expect(world.coordinator.said.has('signAbort a')).toBe(false);
  });

  it('is bound before the word leaves: a crash between the two changes nothing', async () => {
    const { world, attempt } = await uploaded();
    const list = world.signListTask(attempt);
    await world.everywhere(() => list);
    const { budgets } = world.at('a');
    budgets.signAbort = () => {
      throw new Error('the process ends here');
    };
    await expect(world.perform('a', signTask())).rejects.toThrow('the process ends here');
    await world.restart('a');
    await expect(world.perform('a', world.unmaskTask(attempt))).rejects.toMatchObject({ code: 'ROUND_ABORTED' });
    await world.perform('a', signTask());
    expect(wordOf(world, 'a')).toHaveLength(64);
  });

  it('signs nothing of the kind where its disk is an older one, which may have forgotten a release', async () => {
    const { world } = await uploaded();
    world.at('a').state.database.prepare('INSERT INTO study_restored (study, block, round) VALUES (?, 0, 1)').run(world.hash);
    await expect(world.perform('a', signTask())).rejects.toMatchObject({ code: 'STATE_RESTORED' });
    await expect(world.perform('a', signTask(9))).rejects.toMatchObject({ code: 'SEATS_REFUSED' });
    expect(world.coordinator.said.has('signAbort a')).toBe(false);
  });
});
