import { describe, expect, it } from 'vitest';
import { ACCOUNTANT, COHORT, gaussian, OFFICER, readKey, rounds, STUDY, World } from '../../test/world.js';
import { verifyLedger } from '../verify/verify-ledger.js';
import type { Ledger } from './ledger.js';

const code = (name: string) => expect.objectContaining({ code: name });
const reserve = (ledger: Ledger) =>
  ledger.reserve({ study: STUDY, cohort: COHORT, items: [{ purpose: 'training', event: gaussian(20), rounds: rounds(0, 5) }] });

describe('a disk that fails', () => {
  it('full: nothing is half-written and nothing was reserved; when there is space again the ledger goes on', async () => {
    const world = new World();
    const ledger = await world.approved();
    const before = world.file();
    world.disk.trouble = (_, what) => (what === 'write' ? 'full' : undefined);
    await expect(reserve(ledger)).rejects.toEqual(code('DISK_FULL'));
    expect(world.file()).toEqual(before);
    expect(ledger.shown().training.held.percentUsed).toBe(0);
    world.disk.trouble = () => undefined;
    const reservation = await reserve(ledger);
    await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training'] });
    expect(verifyLedger(world.file(), { keysOf: world.keysOf, readKey, accountant: ACCOUNTANT })).toMatchObject({ ok: true, entries: 4 });
  });

  it('a failed fsync is final: no second try in this process, and after a restart the budget is unspent or visibly reserved', async () => {
    for (const survives of [0, 0.5, 1]) {
      const world = new World();
      const ledger = await world.approved();
      world.disk.trouble = (_, what) => (what === 'sync' ? 'sync-fails' : undefined);
      await expect(reserve(ledger)).rejects.toEqual(code('LEDGER_WRITE'));
      world.disk.trouble = () => undefined;
      await expect(reserve(ledger)).rejects.toEqual(code('LEDGER_WRITE'));
      await expect(ledger.decide({ kind: 'freeze' }, OFFICER)).rejects.toEqual(code('LEDGER_WRITE'));
      world.disk.survives = survives;
      world.crash();
      const again = await world.open();
      expect(again.shown().training.held.percentUsed > 0).toBe(survives === 1);
      await reserve(again);
    }
  });

  it('what reads as whole after a failed fsync is put on the disk again before it is believed', async () => {
    const world = new World();
    const ledger = await world.approved();
    world.disk.trouble = (_, what) => (what === 'sync' ? 'sync-fails' : undefined);
    await expect(reserve(ledger)).rejects.toEqual(code('LEDGER_WRITE'));
    world.disk.trouble = () => undefined;
    world.disk.exit();
    expect((await world.open()).size).toBe(3);
    const read = world.file();
    world.crash();
    expect(world.file()).toEqual(read);
  });

  it('without witnesses or mirror the reserve stands but is not usable, and becomes so when they are back', async () => {
    const world = new World(4);
    const ledger = await world.approved();
    world.lost.add('zurich').add('basel');
    await expect(reserve(ledger)).rejects.toMatchObject({ code: 'WITNESS_QUORUM', message: expect.stringContaining('zurich, basel') });
    const size = ledger.size;
    world.lost.delete('basel');
    world.mirror.down = true;
    await expect(reserve(ledger)).rejects.toEqual(code('LEDGER_MIRROR'));
    world.mirror.down = false;
    const reservation = await reserve(ledger);
    expect(ledger.size).toBe(size);
    expect(reservation.evidence.entries).toHaveLength(2);
  });

  it('does not wait for a witness that never answers once the quorum is in, nor longer than its limit for a quorum', async () => {
    const world = new World(4);
    const hang = new Set(['basel']);
    const link = world.witnessLink;
    const started = await world.start({
      timeoutMs: 50,
      witnessLink: { cosign: (site, ...rest) => (hang.has(site) ? new Promise(() => undefined) : link.cosign(site, ...rest)) },
    });
    if (started.kind !== 'none') throw new Error(started.kind);
    const ledger = await started.create({ publicSize: 300, delta: 1e-5, largerDelta: false, epsilonMax: 6 });
    await ledger.publish();
    hang.add('zurich');
    await ledger.decide({ kind: 'freeze' }, OFFICER);
    await expect(ledger.publish()).rejects.toMatchObject({ code: 'WITNESS_QUORUM', message: expect.stringContaining('zurich, basel') });
  });

  it('finds again what a witness or the mirror lost from its own backup', async () => {
    const world = new World();
    const ledger = await world.approved();
    await reserve(ledger);
    world.openWitness('zurich');
    world.mirror.lines.length = 1;
    await ledger.decide({ kind: 'freeze' }, OFFICER);
    await ledger.publish();
    expect(world.mirror.lines).toHaveLength(4);
  });
});
