import { SiteName } from '@consilium/protocol';
import { ObjectKind, type UploadHeader } from '@consilium/protocol/wire';
import { parametersHash } from '@consilium/sealed-sum/parameters';
import { describe, expect, it } from 'vitest';
import { agree, fold, launched, sitesNamed, testStudy, TestWorld, upload } from '../rounds/builders.js';
import { uploadTarget } from './upload-target.js';

const [a, b] = [SiteName.parse('a'), SiteName.parse('b')];
const everybody = sitesNamed('a', 'b', 'c', 'd');

/** The header that the study expects now, but for what a test changes. */
function headerFor(world: TestWorld, changes: Partial<UploadHeader> = {}): UploadHeader {
  const { activity } = world.state;
  const attempt = activity.phase === 'round' ? activity.attempt : undefined;
  const parameters = world.study.derived.sums[attempt?.kind ?? 'train'];
  return {
    study: world.state.hash,
    kind: ObjectKind.OBJECT_KIND_CONTRIBUTION,
    keyEpoch: attempt?.keyEpoch ?? 0,
    round: attempt?.round ?? 1,
    attempt: attempt?.attempt ?? 0,
    parameters: parametersHash(parameters),
    length: BigInt(parameters.uploadBytes),
    sha256: Buffer.alloc(32, 0xcc),
    offset: 0n,
    ...changes,
  };
}

const target = (world: TestWorld, changes: Partial<UploadHeader> = {}, site = a) =>
  uploadTarget(headerFor(world, changes), site, () => world.state);
const announced = () => launched(new TestWorld(testStudy()));
const refusal = (code: string, words?: RegExp) =>
  expect.objectContaining({ code, ...(words ? { message: expect.stringMatching(words) as string } : {}) }) as Error;

/** All rounds are done and the sites are asked for the model. */
function releasing(): TestWorld {
  const world = announced();
  for (let round = 1; round <= 3; round++) agree(fold(upload(world, ...everybody)), `state ${round}`, ...everybody);
  expect(world.state.activity.phase).toBe('releasing');
  return world;
}

describe('the header of a contribution', () => {
  it('is met with where it goes and how long it must be', () => {
    const world = announced();
    const { object, length, whole } = target(world);
    expect(object).toEqual({ kind: 'contribution', study: world.state.hash, round: 1, attempt: 0, site: a });
    expect(length).toBe(world.study.derived.sums.train.uploadBytes);
    expect(whole).toBeUndefined();
  });

  it('of a site that the study does not name is refused', () => {
    expect(() => target(announced(), {}, SiteName.parse('stranger'))).toThrow(refusal('STUDY_NOT_YOURS'));
  });

  it.each([
    ['no whole SHA-256', { sha256: Buffer.alloc(31) }, 'UPLOAD_REFUSED', /32 bytes/],
    ['a kind that sites do not upload', { kind: ObjectKind.OBJECT_KIND_FOLD }, 'UPLOAD_REFUSED', /contributions and bundles/],
    ['no kind', { kind: ObjectKind.OBJECT_KIND_UNSPECIFIED }, 'UPLOAD_REFUSED', /contributions and bundles/],
    ['a round that is not the current one', { round: 2 }, 'TOO_LATE', /Round 2/],
    ['an attempt that is not the current one', { attempt: 1 }, 'TOO_LATE', /Round 1/],
    ['another key epoch', { keyEpoch: 1 }, 'CIPHERTEXT_REFUSED', /key epoch 1; the round uses 0/],
    ['other parameters', { parameters: '00'.repeat(32) }, 'CIPHERTEXT_REFUSED', /other parameters/],
    ['a byte too many', { length: 65_721n }, 'CIPHERTEXT_REFUSED', /65721 bytes; it must have 65720/],
    ['a byte too few', { length: 65_719n }, 'CIPHERTEXT_REFUSED', /65719 bytes/],
    ['a length beyond all disks', { length: 2n ** 63n }, 'CIPHERTEXT_REFUSED', /must have/],
  ])('with %s is refused', (_, changes, code, words) => {
    expect(() => target(announced(), changes)).toThrow(refusal(code, words));
  });

  it('that is no study hash is refused before anything is looked up', () => {
    const looked: string[] = [];
    const header = headerFor(announced(), { study: '../../etc/passwd' });
    expect(() => uploadTarget(header, a, (study) => (looked.push(study), announced().state))).toThrow(/64 hex digits/);
    expect(looked).toEqual([]);
  });

  it('of a site that was not asked in this round is refused', () => {
    const world = new TestWorld(testStudy({ onMissing: { refused: 'continue', lost: 'continue', late: 'continue' } }));
    launched(world);
    upload(world, ...everybody);
    agree(fold(world), 'one', ...sitesNamed('a', 'b', 'c'));
    world.pass(31_000);
    expect(world.state.activity).toMatchObject({ phase: 'round', attempt: { round: 2, participants: ['a', 'b', 'c'] } });
    expect(() => target(world, {}, SiteName.parse('d'))).toThrow(refusal('UPLOAD_REFUSED', /not asked/));
  });

  it('comes too late before the round is announced and after its list is closed', () => {
    expect(() => target(new TestWorld(testStudy()))).toThrow(refusal('TOO_LATE'));
    const world = upload(announced(), ...sitesNamed('b', 'c', 'd'));
    world.pass(31_000);
    expect(world.state.activity).toMatchObject({ phase: 'round', attempt: { phase: 'closed' } });
    expect(() => target(world)).toThrow(refusal('TOO_LATE'));
  });

  it('that was delivered before is known as whole, and no other takes its place', () => {
    const sha256 = Buffer.alloc(32, 0xcc);
    const world = announced().happen({
      type: 'uploaded',
      site: a,
      round: 1,
      attempt: 0,
      bytes: 9,
      sha256: sha256.toString('hex'),
      signature: 'dd',
    });
    expect(target(world, { sha256 }).whole).toMatchObject({ bytes: 9 });
    expect(target(world, { sha256 }, b).whole).toBeUndefined();
    expect(() => target(world, { sha256: Buffer.alloc(32, 1) })).toThrow(refusal('UPLOAD_REFUSED', /another contribution/));
    upload(world, ...sitesNamed('b', 'c', 'd'));
    expect(target(world, { sha256 }).whole).toMatchObject({ bytes: 9 });
  });
});

describe('the header of a bundle', () => {
  const sha256 = Buffer.alloc(32, 7);
  const bundle = (changes: Partial<UploadHeader> = {}): Partial<UploadHeader> => ({
    kind: ObjectKind.OBJECT_KIND_BUNDLE,
    length: 100n,
    sha256,
    ...changes,
  });
  const signed = (world: TestWorld) =>
    world.happen({ type: 'bundleSigned', site: a, sha256: sha256.toString('hex'), statement: { json: '{}', signature: '00' } });

  it('is refused while the study runs', () => {
    expect(() => target(announced(), bundle())).toThrow(refusal('UPLOAD_REFUSED', /not being released/));
  });

  it('is met once the site has signed its hash', () => {
    expect(() => target(releasing(), bundle())).toThrow(refusal('UPLOAD_REFUSED', /not the one that the site signed/));
    const world = signed(releasing());
    expect(target(world, bundle())).toMatchObject({ object: { kind: 'bundle' }, length: 100, whole: undefined });
    expect(() => target(world, bundle({ sha256: Buffer.alloc(32, 8) }))).toThrow(refusal('UPLOAD_REFUSED'));
  });

  it('has a length that a model can have', () => {
    const world = signed(releasing());
    for (const length of [0n, 2n ** 40n]) expect(() => target(world, bundle({ length }))).toThrow(refusal('UPLOAD_REFUSED', /bytes/));
  });

  it('is known as whole when it was received, also after the study has ended', () => {
    const world = signed(releasing()).happen({ type: 'bundleReceived', site: a, sha256: sha256.toString('hex'), bytes: 100 });
    expect(target(world, bundle()).whole).toMatchObject({ bytes: 100 });
    world.happen({ type: 'ended', outcome: 'done', by: 'coordinator', reason: 'released', sites: [] });
    expect(target(world, bundle()).whole).toMatchObject({ bytes: 100 });
    expect(() => target(world, bundle({ sha256: Buffer.alloc(32, 9) }))).toThrow(refusal('TOO_LATE'));
  });
});
