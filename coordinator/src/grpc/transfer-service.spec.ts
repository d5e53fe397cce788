import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createCertificateAuthority } from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { ObjectKind, type TransferServiceClient } from '@consilium/protocol/wire';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chunkMessage, headerMessage, openUpload, TransferWorld } from '../../test/transfer-world.js';
import type { SpoolObject } from '../aggregation/spool.js';

const HALF = 16_000;

/** One world for all tests of a group: each site delivers once a round, so each test is about another site. */
describe('the transfer of a contribution', () => {
  let world: TransferWorld;
  const clients = new Map<string, TransferServiceClient>();
  const client = (site: string) => clients.get(site)!;
  const object = (site: string): SpoolObject => ({
    kind: 'contribution',
    study: world.study.state.hash,
    round: 1,
    attempt: 0,
    site: SiteName.parse(site),
  });

  beforeAll(async () => {
    world = await TransferWorld.open();
    for (const site of ['a', 'b', 'c', 'd', 'stranger']) clients.set(site, await world.client(site));
  });
  afterAll(() => world.close());

  it('counts a site in when its upload is whole, committed, signed and inspected', async () => {
    const bytes = world.contribution();
    expect(await world.upload(client('a'), 'a', bytes)).toBe(BigInt(bytes.length));
    expect(world.countedIn).toEqual(['a']);
    expect(await readFile(world.spool.pathOf(object('a')))).toEqual(bytes);
  });

  it('committed twice is committed once', async () => {
    const bytes = world.contribution();
    const before = world.stored.length;
    expect(await world.offset(client('a'), bytes)).toEqual({ offset: BigInt(bytes.length), complete: true });
    expect(await world.upload(client('a'), 'a', bytes)).toBe(BigInt(bytes.length));
    expect(world.stored).toHaveLength(before);
  });

  it('takes no other bytes in place of those that counted', async () => {
    await expect(world.upload(client('a'), 'a', world.contribution(2))).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
    expect(await readFile(world.spool.pathOf(object('a')))).toEqual(world.contribution());
  });

  it('ends at once, and counts nothing, when its site is revoked in the middle', async () => {
    const peer = await world.peers.peer('d');
    const stream = openUpload(world.connect(peer));
    const bytes = world.contribution();
    stream.send(headerMessage(world.header(bytes)), chunkMessage(bytes.subarray(0, HALF)));
    await vi.waitFor(async () => expect(await world.spool.partSize(object('d'))).toBe(HALF));
    world.peers.admitted.delete(peer.fingerprint);
    world.peers.context.streams.endAll(SiteName.parse('d'));
    stream.send(chunkMessage(bytes.subarray(HALF)), world.commit('d', bytes));
    await expect(stream.answer).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    expect(world.countedIn).not.toContain('d');
    await world.spool.discardPart(object('d'));
  });

  describe('whose line is cut', () => {
    it('keeps what came, counts nothing, and goes on at the acknowledged offset', async () => {
      const bytes = world.contribution();
      const cut = openUpload(client('b'));
      cut.send(headerMessage(world.header(bytes)), chunkMessage(bytes.subarray(0, HALF)));
      await vi.waitFor(async () => expect(await world.spool.partSize(object('b'))).toBe(HALF));
      cut.call.cancel();
      await expect(cut.answer).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
      const held = await world.offset(client('b'), bytes);
      expect(held).toEqual({ offset: BigInt(HALF), complete: false });
      expect(world.countedIn).not.toContain('b');
      expect(await world.upload(client('b'), 'b', bytes, { offset: held.offset })).toBe(BigInt(bytes.length));
      expect(world.countedIn).toContain('b');
      expect(world.received.some(({ resumed }) => resumed)).toBe(true);
      expect(await readFile(world.spool.pathOf(object('b')))).toEqual(bytes);
    });

    it('is not whole without its commit, however many bytes came', async () => {
      const bytes = world.contribution();
      const stream = openUpload(client('c'));
      stream.send(headerMessage(world.header(bytes)), chunkMessage(bytes));
      stream.call.end();
      await expect(stream.answer).rejects.toMatchObject({ code: 'UPLOAD_INCOMPLETE' });
      expect(await world.offset(client('c'), bytes)).toEqual({ offset: BigInt(bytes.length), complete: false });
      expect(world.countedIn).not.toContain('c');
    });

    it('goes on nowhere beyond what is held', async () => {
      const bytes = world.contribution();
      await expect(world.upload(client('d'), 'd', bytes, { offset: 1n })).rejects.toMatchObject({ code: 'UPLOAD_REFUSED' });
    });

    it('hands its place to a second stream while the first still hangs', async () => {
      const bytes = world.contribution();
      const hanging = openUpload(client('d'));
      hanging.send(headerMessage(world.header(bytes)), chunkMessage(bytes.subarray(0, HALF)));
      await vi.waitFor(async () => expect(await world.spool.partSize(object('d'))).toBe(HALF));
      const second = openUpload(client('d'));
      second.send(headerMessage(world.header(bytes, { offset: BigInt(HALF) })));
      await expect(hanging.answer).rejects.toMatchObject({ code: 'UPLOAD_REPLACED' });
      second.send(chunkMessage(bytes.subarray(HALF, HALF + 10)));
      await vi.waitFor(async () => expect(await world.spool.partSize(object('d'))).toBe(HALF + 10));
      second.call.cancel();
      await expect(second.answer).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
    });
  });

  describe('that is not what it should be', () => {
    const refused = async (site: string, bytes: Buffer, code: string, send: (stream: ReturnType<typeof openUpload>) => void) => {
      const stream = openUpload(client(site));
      send(stream);
      stream.call.end();
      await expect(stream.answer).rejects.toMatchObject({ code });
      expect(world.countedIn).not.toContain(site);
      return world.offset(client(site), bytes);
    };

    it('is refused without a header, with two, with a chunk above 1 MiB or more bytes than announced', async () => {
      const bytes = world.contribution();
      const header = headerMessage(world.header(bytes));
      const wrong = [
        [chunkMessage(bytes)],
        [header, header],
        [header, chunkMessage(Buffer.alloc(2 ** 20 + 1))],
        [header, chunkMessage(bytes), chunkMessage(Buffer.alloc(1))],
      ];
      for (const messages of wrong)
        expect((await refused('c', bytes, 'UPLOAD_REFUSED', ({ send }) => send(...messages))).complete).toBe(false);
    });

    it('is discarded when its hash is not the announced one', async () => {
      const bytes = world.contribution();
      const other = world.contribution(3);
      const held = await refused('c', bytes, 'UPLOAD_REFUSED', ({ send }) =>
        send(headerMessage(world.header(bytes)), chunkMessage(other), world.commit('c', bytes)),
      );
      expect(held).toEqual({ offset: 0n, complete: false });
    });

    it('is discarded when it is committed before it is whole', async () => {
      const bytes = world.contribution();
      const held = await refused('c', bytes, 'UPLOAD_REFUSED', ({ send }) =>
        send(headerMessage(world.header(bytes)), chunkMessage(bytes.subarray(0, HALF)), world.commit('c', bytes)),
      );
      expect(held.offset).toBe(0n);
    });

    it('is discarded when another site signed it, or it was signed for another attempt', async () => {
      const bytes = world.contribution();
      for (const commit of [world.commit('a', bytes), world.commit('c', bytes, { attempt: 1 })]) {
        const held = await refused('c', bytes, 'SIGNATURE_INVALID', ({ send }) =>
          send(headerMessage(world.header(bytes)), chunkMessage(bytes), commit),
        );
        expect(held.offset).toBe(0n);
      }
      expect(world.thrownAway.slice(-2)).toEqual(['rejected', 'rejected']);
    });

    it('is discarded when its own header or a word in it cannot be one of this study', async () => {
      const epoch = world.contribution();
      epoch.writeUInt32LE(7, 12);
      const word = world.contribution();
      word.writeBigUInt64LE(2n ** 63n, 56);
      for (const bytes of [epoch, word, Buffer.alloc(epoch.length, 0xff)]) {
        const held = await refused('c', bytes, 'CIPHERTEXT_REFUSED', ({ send }) =>
          send(headerMessage(world.header(bytes)), chunkMessage(bytes), world.commit('c', bytes)),
        );
        expect(held.offset).toBe(0n);
      }
    });
  });

  describe('from a peer', () => {
    it('without a certificate is refused', async () => {
      const bytes = world.contribution();
      const nobody = world.connect(world.peers.anonymous());
      await expect(world.offset(nobody, bytes)).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED', errorClass: 'forbidden' });
      await expect(world.upload(nobody, 'c', bytes)).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    });

    it('whose certificate the coordinator does not know is refused, though its CA issued it', async () => {
      const unknown = world.connect(await world.peers.peer('c', { admitted: false }));
      await expect(world.offset(unknown, world.contribution())).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    });

    it('whose certificate another CA issued is refused, also where somebody put its fingerprint on the list', async () => {
      const ca = await createCertificateAuthority({ consortium: 'test', now: new Date() });
      const foreign = world.connect(await world.peers.peer('c', { ca }));
      await expect(world.offset(foreign, world.contribution())).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    });

    it('that is revoked is refused on its next call', async () => {
      const peer = await world.peers.peer('c');
      const revoked = world.connect(peer);
      expect((await world.offset(revoked, world.contribution())).complete).toBe(false);
      world.peers.admitted.delete(peer.fingerprint);
      await expect(world.offset(revoked, world.contribution())).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
    });

    it('that the study does not name is refused', async () => {
      await expect(world.offset(client('stranger'), world.contribution())).rejects.toMatchObject({ code: 'STUDY_NOT_YOURS' });
    });
  });

  describe('of a sum', () => {
    const sum = Buffer.alloc(3 * 2 ** 20 + 5, 'sum');
    const request = (changes = {}) => ({
      study: world.study.state.hash,
      kind: ObjectKind.OBJECT_KIND_FOLD,
      round: 1,
      attempt: 0,
      offset: 0n,
      ...changes,
    });

    beforeAll(async () => {
      const path = world.spool.pathOf({ kind: 'fold', study: world.study.state.hash, round: 1, attempt: 0 });
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, sum);
    });

    it('comes whole, or from where it broke off', async () => {
      expect((await world.download(client('a'), request())).equals(sum)).toBe(true);
      expect((await world.download(client('a'), request({ offset: 2_000_000n }))).equals(sum.subarray(2_000_000))).toBe(true);
      expect(await world.download(client('a'), request({ offset: BigInt(sum.length) }))).toHaveLength(0);
    });

    it('is refused to strangers, beyond its end, where there is none, and for anything that is not a sum', async () => {
      await expect(world.download(client('stranger'), request())).rejects.toMatchObject({ code: 'STUDY_NOT_YOURS' });
      for (const changes of [
        { offset: BigInt(sum.length + 1) },
        { round: 2 },
        { kind: ObjectKind.OBJECT_KIND_CONTRIBUTION },
        { kind: ObjectKind.OBJECT_KIND_BUNDLE },
      ])
        await expect(world.download(client('a'), request(changes))).rejects.toMatchObject({ code: 'DOWNLOAD_REFUSED' });
    });
  });

  // The last test of all: it ends the round.
  it('that comes after the list was closed is too late, and is not kept', async () => {
    const bytes = world.contribution();
    const slow = openUpload(client('d'));
    slow.send(headerMessage(world.header(bytes)), chunkMessage(bytes));
    await vi.waitFor(async () => expect(await world.spool.partSize(object('d'))).toBe(bytes.length));
    await world.upload(client('c'), 'c', bytes);
    world.study.now += 31_000;
    await world.runner.reconsider();
    expect(world.runner.state.activity).toMatchObject({ phase: 'round', attempt: { phase: 'closed', contributors: ['a', 'b', 'c'] } });
    slow.send(world.commit('d', bytes));
    await expect(slow.answer).rejects.toMatchObject({ code: 'TOO_LATE' });
    expect(world.thrownAway.at(-1)).toBe('late');
    expect(await world.spool.wholeSize(object('d'))).toBeUndefined();
  });
});
