import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  checkCountersignature,
  createCertificateAuthority,
  createCsr,
  createTransportKey,
  issueSiteCertificate,
  rosterStatement,
  signStatement,
  siteOfCertificate,
} from '@consilium/identity';
import type { Statement, StatementKind } from '@consilium/protocol';
import type { SealedBox } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignStatement } from '../../site-agent/src/rounds/study-at-site.js';
import { verifierOf } from '../../site-agent/src/rounds/study-members.js';
import { rosterInForce } from '../../site-agent/src/state/index.js';
import { AttackedStudy } from '../support/attacked-study.js';

// n = 4, c = 1: t = 3. The coordinator, whose CA can mint any site, plays a beside the true one.
const study = new AttackedStudy(['a', 'b', 'c', 'd']);
const { coordinator } = study;
const a = 'a' as (typeof study.names)[number];
const impostor = generateKeyPairSync('ed25519');

interface Said {
  readonly kind: StatementKind;
  readonly statement: never;
}
/** What a said last of each kind (and to whom), and all that the impostor said in its place. */
const said = new Map<string, Said>();
const forged: (Said & { readonly signature: Buffer })[] = [];

/** The impostor says what a said, word for word, in the name of a. */
function forge(kind: StatementKind, to?: string): Buffer {
  const { statement } = said.get(to === undefined ? kind : `${kind} ${to}`)!;
  const { signature } = signStatement(kind, statement, impostor.privateKey);
  forged.push({ kind, statement, signature });
  return signature;
}

/** The messages, with the signature of a replaced. */
const inPlace = <M extends { readonly site: string }>(messages: readonly M[], kind: StatementKind): M[] =>
  messages.map((message) => (message.site === 'a' ? { ...message, signature: forge(kind) } : message));
const boxes = (sent: readonly SealedBox[], kind: 'box' | 'shareBox'): SealedBox[] =>
  sent.map((box) => (box.from === 'a' ? { ...box, signature: forge(kind, box.to) } : box));

beforeAll(async () => {
  await study.start();
  const { site } = study.at('a');
  const sign: SignStatement = (kind, statement) => {
    const { to } = statement as { readonly to?: string };
    said.set(to === undefined ? kind : `${kind} ${to}`, { kind, statement: statement as never });
    return site.sign(kind, statement);
  };
  study.at('a').site = { ...site, sign };
});
afterAll(() => study.stop());

/** Each test goes on where the one before stopped: first the impostor, then a itself. */
describe('somebody with another identity key and the name of a site is refused', () => {
  it('as the steward that sends the keys of a study', async () => {
    await study.perform('a', { $case: 'makeKeys', value: { keyEpoch: 0, rosterEpoch: 0 } });
    const sent = coordinator.boxes.splice(0);
    coordinator.boxes.push(...boxes(sent, 'box'));
    for (const name of ['b', 'c', 'd'])
      expect(await study.outcome(name, { $case: 'takeKeys', value: { keyEpoch: 0, steward: 'a', rosterEpoch: 0 } })).toBe('BOX_REFUSED');
    coordinator.boxes.length = 0;
    await study.makeKeys();
  });

  it('with seats of its own', async () => {
    await study.everywhere(() => study.advertiseTask(0, 2));
    const task = study.shareTask(0);
    const value = { ...task.value, adverts: inPlace(task.value.adverts, 'advert') };
    for (const name of ['b', 'c', 'd']) expect(await study.outcome(name, { ...task, value })).toBe('SHARE_INVALID');
    const stranger = { ...task.value, adverts: [...task.value.adverts, { ...task.value.adverts[0]!, site: 'e' }] };
    expect(await study.outcome('b', { ...task, value: stranger })).toBe('SEATS_REFUSED');
    await study.everywhere(() => task);
  });

  it('with shares that it promises, and with shares that it sends', async () => {
    const task = study.holdTask(0);
    const roots = inPlace(task.value.roots, 'shares');
    expect(await study.outcome('b', { ...task, value: { ...task.value, roots } })).toBe('SHARE_INVALID');
    const sent = coordinator.shareBoxes.get(0)!;
    coordinator.shareBoxes.set(0, boxes(sent, 'shareBox'));
    for (const name of ['b', 'c', 'd']) expect(await study.outcome(name, task)).toBe('SHARE_INVALID');
    coordinator.shareBoxes.set(0, sent);
    await study.everywhere(() => task);
  });

  const attempt = study.attempt(1, 0);
  it('as one of the t that hold a state', async () => {
    study.give(1);
    const state = inPlace(study.states(0), 'state').filter(({ site }) => site !== 'd');
    expect(await study.outcome('b', study.contributeTask(attempt, { state }))).toBe('OUT_OF_STEP');
    await study.everywhere(() => study.contributeTask(attempt));
  });

  it('with a contribution', async () => {
    const { value } = study.signListTask(attempt);
    const contributors = inPlace(value.contributors, 'upload');
    for (const name of ['b', 'c', 'd'])
      expect(await study.outcome(name, { $case: 'signList', value: { ...value, contributors } })).toBe('LIST_REFUSED');
    await study.everywhere(() => ({ $case: 'signList', value }));
  });

  it('as one of the t that signed a list', async () => {
    const { value } = study.unmaskTask(attempt, ['a', 'b', 'c']);
    const signatures = inPlace(value.signatures, 'list');
    for (const name of ['b', 'c', 'd'])
      expect(await study.outcome(name, { $case: 'unmask', value: { ...value, signatures } })).toBe('LIST_REFUSED');
    await study.everywhere(() => ({ $case: 'unmask', value }));
  });

  it('with released shares, and as one of the t that signed a sum', async () => {
    const fold = await study.fold(attempt);
    await study.everywhere(() => study.signFoldTask(attempt, fold));
    const { value } = study.applyTask(attempt, fold, ['a', 'b', 'c']);
    const unmask = inPlace(value.unmask, 'unmask');
    expect(await study.outcome('b', { $case: 'apply', value: { ...value, unmask } })).toBe('UNMASK_REFUSED');
    const foldSignatures = inPlace(value.foldSignatures, 'fold');
    expect(await study.outcome('b', { $case: 'apply', value: { ...value, foldSignatures } })).toBe('FOLD_REFUSED');
    await study.everywhere(() => ({ $case: 'apply', value }));
    expect(study.digestOf('b', 1)).toBeDefined();
  });

  it('as a witness of what a site did before it started', async () => {
    study.patienceMs = 200;
    study.distort = (answer) => (answer.site === 'a' ? { ...answer, signature: forge('recollection') } : answer);
    await study.restart('b');
    expect(await study.outcome('b', study.advertiseTask(1, 2))).toBe('WITNESSES');
    study.distort = (answer) => answer;
    await study.restart('b');
    expect(await study.outcome('b', study.advertiseTask(1, 2))).toBe('done');
  });

  it('as a member that countersigned a roster', () => {
    const roster = rosterInForce(study.at('b').state)!;
    said.set('roster', { kind: 'roster', statement: rosterStatement(roster, a) as never });
    expect(() => checkCountersignature(roster, a, forge('roster'))).toThrow(expect.objectContaining({ code: 'COUNTERSIGNATURE_INVALID' }));
  });
});

describe('control: checked against what the coordinator certifies, not the roster', () => {
  it('every one of these messages is a’s', async () => {
    const consortium = 'test.example';
    const ca = await createCertificateAuthority({ consortium, now: new Date() });
    const minted = await issueSiteCertificate({
      ca,
      csr: await createCsr(await createTransportKey()),
      consortium,
      site: 'a',
      now: new Date(),
    });
    // To TLS it is a, and the identity key that a request for such a certificate carries is the impostor's.
    expect(new X509Certificate(minted.der).checkIssued(new X509Certificate(ca.certificateDer))).toBe(true);
    expect(siteOfCertificate(minted.der, consortium)).toBe('a');
    const identityKey = Buffer.from(impostor.publicKey.export({ format: 'jwk' }).x!, 'base64url');
    const members = study.members('b');
    const certified = verifierOf(new Map([...members, [a, { ...members.get(a)!, identityKey }]]));
    const onRoster = verifierOf(members);
    for (const { kind, statement, signature } of forged) {
      expect(certified(kind, a, statement as Statement<typeof kind>, signature)).toBe(true);
      expect(onRoster(kind, a, statement as Statement<typeof kind>, signature)).toBe(false);
    }
    expect([...new Set(forged.map(({ kind }) => kind))].toSorted()).toEqual(
      ['advert', 'box', 'fold', 'list', 'recollection', 'roster', 'shareBox', 'shares', 'state', 'unmask', 'upload'].toSorted(),
    );
  });
});
