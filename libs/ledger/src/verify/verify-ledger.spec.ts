import { canonicalJson, SiteName, type Json } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACCOUNTANT,
  COHORT,
  CONSORTIUM,
  gaussian,
  newSigner,
  OFFICER,
  readKey,
  rounds,
  SITE,
  STUDY,
  studyHash,
  World,
} from '../../test/world.js';
import type { Accountant } from '../accountant.js';
import { abortBytes, signAbort } from '../budget/abort-certificate.js';
import { isAdmitted } from '../budget/sums.js';
import { Decimal, formatDecimal, parseDecimal } from '../decimal.js';
import type { Entry } from '../entries/entry.js';
import { formatLine } from '../entries/ledger-line.js';
import { signCheckpoint } from '../notes/checkpoint.js';
import type { Signer } from '../signatures.js';
import { leafHash } from '../tree/hashes.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { checkReserveEvidence } from './check-evidence.js';
import { verifyLedger, type Verification } from './verify-ledger.js';

/** A ledger with an entry of every kind, its file and its newest checkpoint. */
async function everyKind() {
  const world = new World(4);
  const ledger = await world.approved();
  const events = [
    { purpose: 'training' as const, event: gaussian(20), rounds: rounds(0, 6) },
    { purpose: 'evaluation' as const, event: gaussian(40), rounds: [0, 5] },
  ];
  const reservation = await ledger.reserve({ study: STUDY, cohort: COHORT, items: events });
  await ledger.spend(reservation, { round: 0, attempt: 0, purposes: ['training', 'evaluation'] });
  await ledger.spend(reservation, { round: 1, attempt: 2, purposes: ['training'] });
  const round = { consortium: CONSORTIUM, study: STUDY, round: 1 };
  const signatures = [SITE, ...world.names].map((site) => ({
    site,
    signature: Buffer.from(signAbort(round, site, world.signer(site))).toString('hex'),
  }));
  await ledger.giveBackAborted(STUDY, 1, ['training'], { n: 5, t: 4, c: 1, signatures: signatures.slice(0, 3) });
  await ledger.giveBack(STUDY, [{ purpose: 'training', rounds: [2, 3] }]);
  await ledger.writeOff(STUDY, [{ purpose: 'training', rounds: [4] }]);
  await ledger.decide({ kind: 'limit', epsilonMax: 5.5 }, OFFICER);
  await ledger.decide({ kind: 'freeze' }, OFFICER);
  await ledger.decide({ kind: 'unfreeze' }, OFFICER);
  world.admit('lugano');
  await ledger.decide({ kind: 'witnesses', add: [SiteName.parse('lugano')] }, OFFICER);
  const next = newSigner();
  world.signers.get(SITE)?.push(next);
  await ledger.rotate(next);
  await ledger.note('torn-line-dropped', 1);
  await ledger.decide({ kind: 'study', action: 'withdraw', study: STUDY, epsilonLimit: null, until: null }, OFFICER);
  const checkpoint = (await ledger.publish()).text;
  const verification: Verification = { keysOf: world.keysOf, readKey, accountant: ACCOUNTANT };
  return { world, ledger, reservation, file: world.file(), checkpoint, verification };
}

const made = await everyKind();
const { file, verification, checkpoint, world } = made;
const check = (bytes: Uint8Array, over: Partial<Verification> = {}) => verifyLedger(bytes, { ...verification, ...over });
const lines = file.toString().split('\n').slice(0, -1);
const joined = (list: readonly string[]) => Buffer.from(list.map((line) => `${line}\n`).join(''));

describe('verifying a ledger file', () => {
  it('says what holds and for how much of it, on a machine that has the file, the roster and a checkpoint', () => {
    const kinds = new Set(lines.map((line) => (JSON.parse(line) as { entry: Entry }).entry.kind));
    expect([...kinds].toSorted()).toEqual([
      'create',
      'freeze',
      'limit',
      'note',
      'reserve',
      'return',
      'rotate',
      'spend',
      'study',
      'unfreeze',
      'witnesses',
      'write-off',
    ]);
    expect(check(file, { checkpoint })).toMatchObject({
      ok: true,
      entries: lines.length,
      budget: made.ledger.shown(),
      complete: { size: lines.length, cosigners: expect.any(Array) },
      words: `complete up to size ${lines.length} at time 2026-01-01T00:00:00.000Z; nothing is claimed later`,
    });
    expect(check(file)).toMatchObject({ ok: true, complete: null, words: expect.stringContaining('without a checkpoint') });
  });

  it('finds every change of a single byte, in the line where it is or at the end that it breaks', { timeout: 900_000 }, () => {
    const lineOf = (at: number) => file.subarray(0, at).toString('latin1').split('\n').length;
    const changed = (at: number, to: number) => {
      const copy = Buffer.from(file);
      copy[at] = to;
      return copy;
    };
    const look = (at: number, to: number) => {
      const verdict = check(changed(at, to));
      expect(verdict.ok, `byte ${at} to ${to}`).toBe(false);
      if (!verdict.ok) expect(verdict.line, `byte ${at} to ${to}`).toBe(lineOf(at));
    };
    const full = process.env['CONSILIUM_FULL'] === '1';
    // In the short run each eighth byte has one bit changed; in the long run each gets four other values, near and far.
    for (let at = 0; at < file.length; at += full ? 1 : 7) {
      const byte = file[at]!;
      for (const to of full ? [byte ^ 1, byte ^ 0x20, (byte + 128) % 256, 0x0a] : [byte ^ (1 << (at % 8))]) if (to !== byte) look(at, to);
    }
  });

  it('finds every line that is left out, every two that change places, and one that stands twice', () => {
    for (let at = 0; at < lines.length; at += 1) {
      const without = check(joined(lines.toSpliced(at, 1)), { checkpoint });
      expect(without).toMatchObject({
        ok: false,
        line: at + 1,
        why: at === lines.length - 1 ? 'cut' : expect.stringMatching(/place|create/),
      });
      expect(check(joined(lines.toSpliced(at, 0, lines[at]!)))).toMatchObject({ ok: false, line: at + 2 });
      for (let other = at + 1; other < lines.length; other += 1)
        expect(check(joined(lines.with(at, lines[other]!).with(other, lines[at]!)))).toMatchObject({ ok: false, line: at + 1 });
    }
  });

  it('finds a cut: in the middle of the last line always, between lines against a checkpoint', () => {
    expect(check(file.subarray(0, -1))).toMatchObject({ ok: false, line: lines.length, why: 'torn' });
    expect(check(joined(lines.slice(0, -2)), { checkpoint })).toMatchObject({ ok: false, line: lines.length - 1, why: 'cut' });
    expect(check(joined(lines.slice(0, -2)))).toMatchObject({ ok: true, entries: lines.length - 2, complete: null });
    expect(check(Buffer.alloc(0))).toMatchObject({ ok: false, why: 'empty' });
  });

  it('takes a line in its one spelling only: no space, escape, double key or other order, though the signature fits', () => {
    const last = lines.at(-1)!;
    const others = [
      last.replace(':', ': '),
      last.replace('"kind"', '"k\\u0069nd"'),
      last.replace('{"entry":{', '{"entry":{"at":"2026-01-01T00:00:00.000Z",'),
      `${last} `,
    ];
    for (const other of others) {
      expect(JSON.parse(other)).toEqual(JSON.parse(last));
      expect(check(joined([...lines.slice(0, -1), other]))).toMatchObject({ ok: false, line: lines.length, why: 'not-canonical' });
    }
  });

  it('names a foreign signature, and a ledger that belongs to nobody on the roster', () => {
    const forged = resigned(lines.map((line) => (JSON.parse(line) as { entry: Entry }).entry).slice(0, 5), world.signers.get(SITE)![0]!);
    const foreign = forged.with(
      2,
      canonicalJson({ ...(JSON.parse(forged[2]!) as { entry: Json }), signatures: ['0'.repeat(128)] }).toString(),
    );
    expect(check(joined(foreign))).toMatchObject({ ok: false, line: 3, kind: 'reserve', why: 'signature' });
    const stranger = newSigner();
    const entries = lines.map((line) => (JSON.parse(line) as { entry: Entry }).entry).slice(0, 5);
    const [create, ...rest] = entries;
    const theirs = resigned([{ ...create!, key: hex(stranger.publicKey) } as Entry, ...rest], stranger);
    expect(check(joined(theirs))).toMatchObject({ ok: false, line: 1, why: 'key' });
  });

  it('takes no checkpoint of another ledger, by another signer, of another history, or without its quorum', () => {
    const bad = (text: string, why: string) => expect(check(file, { checkpoint: text })).toMatchObject({ ok: false, line: null, why });
    bad(checkpoint.replaceAll('/heart', '/lungs'), 'checkpoint');
    bad(checkpoint.replace(/\n— cardio\/st-elsewhere.*\n/, '\n'), 'checkpoint');
    bad('garbage', 'checkpoint');
    const two = checkpoint
      .split('\n')
      .filter((line) => !/^— cardio\/(cleveland|hungary)/.test(line))
      .join('\n');
    bad(two, 'quorum');
    const shorter = joined(lines.slice(0, 5));
    expect(check(shorter, { checkpoint })).toMatchObject({ ok: false, why: 'cut' });
  });
});

/** The entries once more as their owner would have written them, had it lied: index, chain and signatures fit. */
function resigned(entries: readonly Entry[], signer: Signer): string[] {
  let previous = '0'.repeat(64);
  return entries.map((entry, index) => {
    const line = formatLine({ ...entry, index, previous } as Entry, [signer]);
    previous = hex(leafHash(line));
    return line.toString();
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** An entry with some fields changed, by dotted path. */
function edited(entry: Entry, changes: Readonly<Record<string, unknown>>): Entry {
  const copy = structuredClone(entry);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const parent = keys.slice(0, -1).reduce<object>((here, key) => Reflect.get(here, key) as object, copy);
    Reflect.set(parent, keys.at(-1) ?? '', value);
  }
  return copy;
}

describe('a site that lies in its own ledger, with its own signature', () => {
  const honest = lines.slice(0, 9).map((line) => (JSON.parse(line) as { entry: Entry }).entry);
  const key = world.signers.get(SITE)![0]!;
  const lie = (line: number, changes: Readonly<Record<string, unknown>>) =>
    check(joined(resigned(honest.toSpliced(line - 1, 1, edited(honest[line - 1]!, changes)), key)));
  const [, , reserve, , , aborted] = honest;
  const signatures = aborted?.kind === 'return' ? aborted.certificate!.signatures : [];
  const deciding = reserve?.kind === 'reserve' ? reserve.items[0]!.deciding : [];
  const less = (text: string) => parseDecimal(text) - parseDecimal(text) / 100_000_000n - 1n;
  const cheaper = deciding.map((text) => formatDecimal(less(text)));
  const cheaperSum = deciding.map((text) => formatDecimal(less(text) * 6n));

  const lies: [string, number, string, Readonly<Record<string, unknown>>][] = [
    ['smaller sums', 3, 'sums', { 'after.training.held.0': '0.000000000001' }],
    ['a price below that of the event', 3, 'price', { 'items.0.deciding': cheaper, 'after.training.held': cheaperSum }],
    ['a grid below that of the event', 3, 'price', { 'items.0.grid.16': '0.000000000001' }],
    ['an event that nobody can price', 3, 'price', { 'items.0.event': { kind: 'unknown' } }],
    ['a larger budget', 1, 'terms', { 'budgets.0': '60.000000000000' }],
    ['other orders', 1, 'terms', { orders: [2, 5] }],
    ['a quorum of one', 1, 'terms', { quorum: 1 }],
    ['itself as a witness', 1, 'terms', { 'witnesses.0': SITE }],
    ['a delta above what its size allows', 1, 'terms', { delta: 1e-4 }],
    ['a round spent that was never reserved', 4, 'round-not-reserved', { round: 9 }],
    ['a study that was never approved', 3, 'not-approved', { study: studyHash('f') }],
    ['a return of what was uploaded', 7, 'round-not-reserved', { 'items.0.rounds': [0] }],
    ['an abort certificate for another round', 6, 'abort-certificate', { 'items.0.rounds': [0] }],
    ['an abort certificate of too few', 6, 'abort-certificate', { 'certificate.signatures': signatures.slice(1) }],
    [
      'an abort certificate with one site twice',
      6,
      'abort-certificate',
      { 'certificate.signatures': [signatures[0], signatures[1], signatures[1]] },
    ],
    ['an abort certificate whose threshold two groups could meet', 6, 'abort-certificate', { 'certificate.t': 3 }],
    ['an abort without a certificate', 6, 'abort-certificate', { certificate: null }],
    ['a limit raised by the coordinator', 9, 'not-allowed', { epsilonMax: 60, by: { role: 'coordinator', name: 'x', request: 1 } }],
    ['a limit that the site raised by itself', 9, 'not-allowed', { epsilonMax: 60, by: { role: 'site', name: 'site.yaml' } }],
    ['another limit than its officer signed', 9, 'officer', { epsilonMax: 5.6 }],
    ['the word of an officer under another name', 9, 'officer', { 'by.name': 'head' }],
    ['the word of an officer by another key', 9, 'officer', { 'by.key': '0'.repeat(64) }],
    ['a limit with more budget than it gives', 9, 'terms', { budgets: ['4.000000000000', '4.000000000000'] }],
  ];
  it.each(lies)('is found out: %s', (_, line, why, changes) => expect(lie(line, changes)).toMatchObject({ ok: false, line, why }));

  it('is believed where it told the truth', () => expect(lie(1, {})).toMatchObject({ ok: true }));
});

describe('prices on another machine', () => {
  const shifted = (factor: number): Accountant => ({
    ...ACCOUNTANT,
    price: (event, orders) => {
      const { grid, deciding } = ACCOUNTANT.price(event, orders);
      const times = (text: string) => formatDecimal(BigInt(Math.round(Number(parseDecimal(text)) * factor)));
      return { grid, deciding: [times(deciding[0]), times(deciding[1])] };
    },
  });
  it('may differ by one part in 1e9, not by more', () => {
    expect(check(file, { accountant: shifted(1 + 5e-10) })).toMatchObject({ ok: true });
    expect(check(file, { accountant: shifted(1 - 1e-3) })).toMatchObject({ ok: true });
    expect(check(file, { accountant: shifted(1 + 2e-9) })).toMatchObject({ ok: false, line: 3, why: 'price' });
  });
});

describe('the evidence that goes with adverts', () => {
  const sites = [SITE, 'cleveland', 'hungary'];
  const question = { consortium: CONSORTIUM, site: SITE, study: STUDY, sites, isPlanned: () => true, keysOf: world.keysOf, readKey };
  const { evidence } = made.reservation;
  it('proves to another site which rounds are reserved, and who watches', () => {
    const proven = checkReserveEvidence(evidence, question);
    expect(proven).toMatchObject({ population: 'heart', witnesses: ['cleveland', 'hungary', 'zurich', 'basel'] });
    if (typeof proven !== 'string') expect([...(proven.rounds.get('evaluation') ?? [])]).toEqual([0, 5]);
  });

  it('proves nothing without the quorum, of another study or site, or for an entry that is not in the tree', () => {
    const spoiled = { ...evidence, entries: evidence.entries.map((entry) => ({ ...entry, inclusion: entry.inclusion.slice(1) })) };
    expect(checkReserveEvidence(spoiled, question)).toBe('not-in-tree');
    expect(checkReserveEvidence(evidence, { ...question, study: studyHash('b') })).toBe('not-a-reserve');
    expect(checkReserveEvidence(evidence, { ...question, site: 'zurich' })).toBe('owner');
    expect(checkReserveEvidence(evidence, { ...question, consortium: 'other' })).toBe('owner');
    expect(checkReserveEvidence(evidence, { ...question, isPlanned: ({ purpose }) => purpose === 'training' })).toBe('event');
    expect(checkReserveEvidence(evidence, { ...question, sites: [...sites, 'geneva'] })).toBe('witnesses');
    expect(checkReserveEvidence({ ...evidence, entries: evidence.entries.slice(1) }, question)).toBe('owner');
    const bare = evidence.checkpoint
      .split('\n')
      .filter((line) => !/^— cardio\/[chzb][a-z]+ /.test(line))
      .join('\n');
    expect(checkReserveEvidence({ ...evidence, checkpoint: bare }, question)).toBe('quorum');
  });
});

describe('a ledger whose owner wrote down a quorum of nobody', () => {
  it('proves nothing', () => {
    const { evidence } = made.reservation;
    const signer = world.signer(SITE);
    const tree = new MerkleTree();
    const written = evidence.entries.slice(0, 2).map(({ line }, index) => {
      const { entry } = JSON.parse(Buffer.from(line).toString('utf8')) as { entry: Entry };
      const own = entry.kind === 'create' ? { ...entry, quorum: 0 } : { ...entry, index };
      return formatLine(own, [signer]);
    });
    for (const line of written) tree.append(leafHash(line));
    const note = signCheckpoint({ origin: `${CONSORTIUM}/${SITE}/heart`, size: 2, root: tree.root() }, signer);
    const entries = written.map((line, index) => ({ index, line, inclusion: tree.inclusionProof(index, 2) }));
    const question = { consortium: CONSORTIUM, site: SITE, study: STUDY, sites: [], isPlanned: () => true, keysOf: world.keysOf, readKey };
    expect(checkReserveEvidence({ checkpoint: note, entries }, question)).toBe('quorum');
  });
});

describe('the rule that decides', () => {
  it('admits what reaches a budget and nothing one unit above, at either order, and skips an order without a budget', () => {
    expect(isAdmitted([10n, 99n], [10n, 20n])).toBe(true);
    expect(isAdmitted([11n, 20n], [10n, 20n])).toBe(true);
    expect(isAdmitted([11n, 21n], [10n, 20n])).toBe(false);
    expect(isAdmitted([0n, 21n], [0n, 20n])).toBe(false);
    expect(isAdmitted([0n, 0n], [-5n, 0n])).toBe(false);
  });
});

describe('decimals', () => {
  it('read back as they were written, add exactly, and have one spelling', () => {
    const any = fc.bigInt({ min: -(10n ** 24n) + 1n, max: 10n ** 24n - 1n });
    fc.assert(fc.property(any, (value) => void expect(parseDecimal(formatDecimal(value))).toBe(value)));
    fc.assert(
      fc.property(
        any,
        any,
        (one, other) => void expect(parseDecimal(formatDecimal(one)) + parseDecimal(formatDecimal(other))).toBe(one + other),
      ),
    );
  });

  it('have no second spelling', () => {
    const zeros = '0'.repeat(12);
    for (const text of [
      '1.0',
      `01.${zeros}`,
      `-0.${zeros}`,
      `+1.${zeros}`,
      '1',
      `.${zeros}`,
      '1e3',
      ` 1.${zeros}`,
      `1,${zeros}`,
      '',
      '-',
      `1.${zeros}0`,
    ])
      expect(Decimal.safeParse(text).success, text).toBe(false);
    for (const text of [`0.${zeros}`, `-1.${zeros}`, '0.000000000001', '-0.000000000001', `100.${zeros}`])
      expect(Decimal.safeParse(text).success, text).toBe(true);
  });

  it('an abort certificate names its round: the bytes differ for any other', () => {
    const round = { consortium: CONSORTIUM, study: STUDY, round: 1 };
    expect(abortBytes(round, SITE)).not.toEqual(abortBytes({ ...round, round: 2 }, SITE));
  });
});
