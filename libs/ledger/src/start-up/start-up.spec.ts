import { describe, expect, it } from 'vitest';
import { ACCOUNTANT, COHORT, gaussian, newSigner, OFFICER, readKey, rounds, SITE, STUDY, TERMS, World } from '../../test/world.js';
import { ledgerOrigin, parseCheckpoint, signCheckpoint } from '../notes/checkpoint.js';
import type { Ledger } from '../store/ledger.js';
import { openLedger } from '../store/open-ledger.js';
import { readLastSeen, signLastSeen } from '../witness/last-seen.js';
import { verifyLedger } from '../verify/verify-ledger.js';

const LINES = '/ledgers/heart.jsonl';
const NOTE = '/ledgers/heart.note';
const code = (name: string) => expect.objectContaining({ code: name });
const reserve = (ledger: Ledger, from = 0, count = 5) =>
  ledger.reserve({ study: STUDY, cohort: COHORT, items: [{ purpose: 'training', event: gaussian(20), rounds: rounds(from, count) }] });
const spend = async (ledger: Ledger, round: number) => ledger.spend(await reserve(ledger), { round, attempt: 0, purposes: ['training'] });
const verified = (world: World) => verifyLedger(world.file(), { keysOf: world.keysOf, readKey, accountant: ACCOUNTANT });

/** A ledger of which witnesses saw three entries, put back to two and continued otherwise on witnesses' old answers. */
async function divergedWorld(more: number): Promise<{ world: World; diverged: Ledger }> {
  const world = new World();
  const ledger = await world.approved();
  await ledger.publish();
  const [disk, answers] = [world.disk.snapshot(), await world.answers()];
  await reserve(ledger);
  await ledger.close();
  world.disk.restore(disk);
  const started = await (await openLedger(world.setup())).start(answers, []);
  if (started.kind !== 'ready') throw new Error(started.kind);
  await started.ledger.decide({ kind: 'freeze' }, OFFICER);
  if (more > 1) await started.ledger.note('tail-fetched', 0);
  return { world, diverged: started.ledger };
}

describe('a ledger that starts', () => {
  it('is made only where a quorum of witnesses has never seen one', async () => {
    const world = new World(4);
    world.lost.add('cleveland').add('hungary');
    expect(await world.start()).toMatchObject({ kind: 'waiting', missing: ['cleveland', 'hungary'], needed: 1 });
    world.lost.delete('hungary');
    const started = await world.start();
    expect(started.kind).toBe('none');
    if (started.kind === 'none') await started.create(TERMS);
  });

  it('has its reserve after a kill between reserve and training, and between training and spend: neither lost nor doubled', async () => {
    const world = new World();
    await reserve(await world.approved());
    const [size, shown] = [world.ledger!.size, world.ledger!.shown()];
    for (let kill = 0; kill < 2; kill += 1) {
      world.crash();
      const ledger = await world.open();
      await reserve(ledger);
      expect([ledger.size, ledger.shown()]).toEqual([size, shown]);
    }
    await spend(world.ledger!, 0);
    world.crash();
    const ledger = await world.open();
    await spend(ledger, 0);
    expect(ledger.size).toBe(size + 1);
  });

  it("refuses yesterday's copy, says which entries are missing, and goes on after it has them from the mirror", async () => {
    const world = new World();
    const ledger = await world.approved();
    await ledger.publish();
    const yesterday = world.disk.snapshot();
    await reserve(ledger);
    await spend(ledger, 0);
    await ledger.publish();
    const [shown, size] = [ledger.shown(), ledger.size];
    await ledger.close();
    world.disk.restore(yesterday);

    const started = await world.start();
    expect(started).toMatchObject({ kind: 'rolled-back', size: 2, known: 4 });
    if (started.kind !== 'rolled-back') return;
    await expect(started.recover([])).rejects.toMatchObject({
      code: 'LEDGER_ROLLED_BACK',
      message: expect.stringContaining('entries 2 to 3'),
    });
    const recovered = await started.recover(world.mirror.lines.slice(started.size));
    expect(recovered.shown()).toEqual(shown);
    expect(recovered.size).toBe(size + 1);
    expect(JSON.parse(world.file().toString().split('\n').at(-2)!)).toMatchObject({
      entry: { kind: 'note', about: 'tail-fetched', entries: 2 },
    });
    expect(verified(world)).toMatchObject({ ok: true, entries: 5 });
  });

  it('needs no mirror to see it: what witnesses have seen is enough', async () => {
    const world = new World();
    await (await world.approved()).publish();
    const yesterday = world.disk.snapshot();
    await reserve(world.ledger!);
    await world.ledger!.close();
    world.disk.restore(yesterday);
    world.mirror.down = true;
    expect(await world.start()).toMatchObject({ kind: 'rolled-back', size: 2, known: 3, from: 'cleveland' });
  });

  it('refuses where the ledger was deleted, with or without the note beside it', async () => {
    for (const gone of [[LINES], [LINES, NOTE]]) {
      const world = new World();
      const ledger = await world.approved();
      await reserve(ledger);
      await ledger.close();
      for (const path of gone) world.disk.remove(path);
      const started = await world.start();
      expect(started).toMatchObject({ kind: 'rolled-back', size: 0, known: 3 });
      if (started.kind === 'rolled-back') expect((await started.recover(world.mirror.lines)).size).toBe(4);
    }
  });

  it('refuses an older copy of which only the mirror knows that it is one', async () => {
    const world = new World();
    const ledger = await world.approved();
    await reserve(ledger);
    const before = world.disk.snapshot();
    for (const site of world.names) world.lost.add(site);
    await spend(ledger, 0);
    await expect(ledger.publish()).rejects.toEqual(code('WITNESS_QUORUM'));
    await ledger.close();
    world.disk.restore(before);
    world.lost.clear();
    expect(await world.start()).toMatchObject({ kind: 'rolled-back', size: 3, known: 4, from: 'mirror' });
  });

  it('does not believe lines of a mirror that the site never signed', async () => {
    const world = new World();
    await (await world.approved()).publish();
    await world.ledger?.close();
    world.mirror.lines.push(Buffer.from(world.mirror.lines[1]!.toString().replace('"index":1', '"index":2')));
    expect((await world.start()).kind).toBe('ready');
  });

  it('stops for good where witnesses have seen another history of the same or a smaller size: two notes are the evidence', async () => {
    for (const more of [1, 2]) {
      const { world, diverged } = await divergedWorld(more);
      await diverged.close();
      const started = await world.start();
      expect(started).toMatchObject({ kind: 'forked', size: 3, from: 'cleveland' });
      if (started.kind !== 'forked') return;
      expect(started.notes.map((note) => parseCheckpoint(note).size)).toEqual([3, 2]);
    }
  });

  it('is out of use at once where a witness contradicts it while it runs', async () => {
    const { diverged } = await divergedWorld(2);
    await expect(diverged.publish()).rejects.toEqual(code('LEDGER_ROLLED_BACK'));
    await expect(diverged.decide({ kind: 'unfreeze' }, OFFICER)).rejects.toEqual(code('LEDGER_ROLLED_BACK'));
    await expect(reserve(diverged)).rejects.toEqual(code('LEDGER_ROLLED_BACK'));
  });

  it('recovers from a last line that was cut in half, with a note', async () => {
    const world = new World();
    await reserve(await world.approved());
    await world.ledger!.decide({ kind: 'freeze' }, OFFICER);
    await world.ledger!.close();
    const whole = world.file();
    const lines = whole.toString().split('\n');
    const half = whole.subarray(0, whole.length - Math.floor(lines.at(-2)!.length / 2));
    world.disk.put(LINES, half);
    const ledger = await world.open();
    expect(ledger.state.frozen).toBeUndefined();
    expect(JSON.parse(world.file().toString().split('\n').at(-2)!)).toMatchObject({ entry: { kind: 'note', about: 'torn-line-dropped' } });
    expect(verified(world)).toMatchObject({ ok: true, entries: 4 });
  });

  it('does not drop a torn line that a witness has seen: that is a rollback', async () => {
    const world = new World();
    await reserve(await world.approved());
    await world.ledger!.close();
    world.disk.put(LINES, world.file().subarray(0, -10));
    const started = await world.start();
    expect(started).toMatchObject({ kind: 'rolled-back', size: 2, known: 3 });
    if (started.kind === 'rolled-back') await started.recover(world.mirror.lines.slice(2));
    expect(verified(world)).toMatchObject({ ok: true, entries: 4 });
  });

  it('refuses a second writer, and takes over from one that died', async () => {
    const world = new World();
    await world.approved();
    await expect(world.start()).rejects.toEqual(code('STATE_IN_USE'));
    world.crash();
    expect((await world.start()).kind).toBe('ready');
  });

  it('refuses a ledger of another site, and one whose key it does not have', async () => {
    const world = new World();
    await (await world.approved()).close();
    await expect(world.start({ signer: newSigner() })).rejects.toEqual(code('LEDGER_KEY'));
    const other = new World();
    other.disk.restore(world.disk.snapshot());
    const name = { ...other.setup().name, site: other.names[0]! };
    await expect(other.start({ name, keysOf: world.keysOf })).rejects.toEqual(code('LEDGER_INVALID'));
  });

  it('is not begun with fewer than two witnesses', async () => {
    await expect(new World(1).start()).rejects.toEqual(code('WITNESSES_TOO_FEW'));
  });

  it('names the line that was changed while the agent was away', async () => {
    const world = new World();
    await reserve(await world.approved());
    await world.ledger!.close();
    world.disk.put(LINES, Buffer.from(world.file().toString().replace('"epsilonLimit":4', '"epsilonLimit":9')));
    await expect(world.start()).rejects.toMatchObject({ code: 'LEDGER_INVALID', message: expect.stringContaining('Line 2 ') });
  });
});

describe("a witness's answer", () => {
  const origin = ledgerOrigin({ consortium: 'cardio', site: SITE, population: 'heart' });
  const question = { consortium: 'cardio', origin, nonce: '1'.repeat(64) };
  const signer = newSigner();
  const owner = newSigner();
  const note = (size: number) => signCheckpoint({ origin, size, root: Buffer.alloc(32, size) }, owner);

  it('counts for the question that was asked, by the witness that gives it, about this ledger', () => {
    const answer = signLastSeen(question, 'zurich', note(3), signer);
    const read = (over: object, asked = question) => readLastSeen(asked, { ...answer, ...over }, [signer.publicKey], readKey);
    expect(read({})?.note?.size).toBe(3);
    expect(read({}, { ...question, nonce: '2'.repeat(64) })).toBeUndefined();
    expect(read({ note: note(2) })).toBeUndefined();
    expect(read({ note: null })).toBeUndefined();
    expect(read({ site: 'basel' })).toBeUndefined();
    const foreign = signLastSeen(question, 'zurich', note(3).replaceAll('heart', 'lungs'), signer);
    expect(readLastSeen(question, foreign, [signer.publicKey], readKey)).toBeUndefined();
  });

  it('cannot invent a size: only notes that the site itself signed count against it', async () => {
    const world = new World();
    const ledger = await world.approved();
    await ledger.publish();
    const invented = signCheckpoint({ origin, size: 99, root: Buffer.alloc(32, 9) }, newSigner());
    const answers = (await world.answers()).map((answer) => ({ ...answer, note: parseCheckpoint(invented) }));
    await ledger.close();
    const found = await openLedger(world.setup());
    expect((await found.start(answers, [])).kind).toBe('ready');
  });
});
