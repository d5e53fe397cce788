import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialState, trainLocally, type LearningStudy } from '@consilium/learning';
import {
  droppedMasks,
  generateBfvKey,
  openFold,
  quantise,
  roundKeyPair,
  sealToFile,
  selfKey,
  siteMasks,
  type SumKeys,
} from '@consilium/sealed-sum';
import { createFolder, inspectUpload } from '@consilium/sealed-sum/fold';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engine } from '../../libs/learning/src/engine/engine.js';
import { MLP, SEED, sequence, smallStudy, someRows } from '../../libs/learning/test/small-world.js';
import { bfvContext } from '../../libs/sealed-sum/src/bfv/context.js';
import { RING } from '../../libs/sealed-sum/src/bfv/ring.js';
import { FILE_HEADER_BYTES } from '../../libs/sealed-sum/src/blocks/block-file.js';
import { RunFolder } from '../../libs/sealed-sum/src/fold/fold-run.js';
import { liveSealObjects } from '../support/live-seal-objects.js';

/** CRY-3 of the field cases: 500 rounds with CONSILIUM_FULL=1. */
const FULL = process.env['CONSILIUM_FULL'] === '1';
const ROUNDS = FULL ? 500 : 40;
/** From here on memory is compared: threads, WebAssembly and the optimised code are there. */
const WARM = FULL ? 50 : 20;
const SITES = [0, 1, 2, 3];
const PARAMETERS = 2 ** 16;
const KEY_EPOCH = 0;
const CORRUPT_EVERY = 10;
const FAILING_EVERY = 20;
const GROWTH_BYTES = 20 * 10 ** 6;
const GROWTH_SHARE = 0.05;

const parameters = sealParameters({
  sites: SITES.length,
  updateLength: PARAMETERS,
  updateRange: 1,
  maxWeight: 1_000,
  counts: ['contributors', 'clamped'],
});
const update = Float64Array.from({ length: PARAMETERS }, (_, at) => Math.sin(at));
const lanes = quantise({ update, weight: 500, counts: {} }, parameters).lanes;

describe('sealing, adding and opening', () => {
  const folder = createFolder({ threads: 1 });
  let directory: string;
  let uploads = 0;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'consilium-memory-'));
  });
  afterAll(async () => {
    await folder.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function overwrite(path: string, at: number, bytes: Uint8Array): Promise<void> {
    const file = await open(path, 'r+');
    await file.write(bytes, 0, bytes.length, at);
    await file.close();
  }

  async function refusalOf(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => undefined,
      (error: unknown) => (error as { readonly code?: unknown }).code,
    );
  }

  /** One round as both ends go through it. @returns what it ended with: nothing where it was done */
  async function round(number: number, bfvKey: Uint8Array, ownFolder: RunFolder): Promise<unknown> {
    const transcript = randomBytes(32);
    const seats = SITES.map((index) => ({ index, ...roundKeyPair(), selfSecret: randomBytes(32) }));
    const keys: SumKeys = { parameters, bfvKey, checkKey: randomBytes(32), keyEpoch: KEY_EPOCH };
    const paths = SITES.map((site) => join(directory, `${site}.upload`));
    const corrupt = new Set<number>();
    for (const site of SITES) {
      const peers = seats.filter(({ index }) => index !== site);
      await sealToFile({ ...keys, lanes, path: paths[site]!, masks: siteMasks(seats[site]!, peers, transcript) });
      if (++uploads % CORRUPT_EVERY === 0) {
        await overwrite(paths[site]!, FILE_HEADER_BYTES, new Uint8Array(8).fill(0xff));
        corrupt.add(site);
      }
    }
    for (const site of corrupt) {
      expect(await refusalOf(inspectUpload(paths[site]!, keys))).toBe('CIPHERTEXT_REFUSED');
      // What the coordinator's inspection would have kept from the fold.
      const all = { uploads: paths, output: join(directory, 'refused'), ...keys };
      expect(await refusalOf(folder.fold(all))).toBe('CIPHERTEXT_REFUSED');
      expect(ownFolder.fold({ uploads: paths, dropped: [], firstBlock: 0, blocks: parameters.blocks })).toMatchObject({ kind: 'refused' });
    }
    const present = seats.filter(({ index }) => !corrupt.has(index));
    const dropped = seats.filter(({ index }) => corrupt.has(index)).flatMap((seat) => droppedMasks(seat, present, transcript));
    const good = present.map(({ index }) => paths[index]!);
    if (number % FAILING_EVERY === 0) await overwrite(good[0]!, FILE_HEADER_BYTES, new Uint8Array(4));
    const output = join(directory, 'sum');
    await folder.fold({ uploads: good, output, parameters, keyEpoch: KEY_EPOCH, dropped });
    const own = ownFolder.fold({ uploads: good, dropped, firstBlock: 0, blocks: parameters.blocks });
    expect(own.kind === 'folded' && Buffer.compare(own.bytes, (await readFile(output)).subarray(FILE_HEADER_BYTES))).toBe(0);
    const selfMasks = present.map(({ selfSecret }) => selfKey(selfSecret, transcript));
    return refusalOf(
      openFold({ ...keys, path: output, contributors: present.length, selfMasks }).then((sum) =>
        expect(sum[7]).toBe(present.length * lanes[7]!),
      ),
    );
  }

  it(
    `leave no object behind, and memory as it was, over ${ROUNDS} rounds with corrupt uploads and failures`,
    { timeout: 600_000 },
    async () => {
      const bfv = await bfvContext(RING);
      const bfvKey = await generateBfvKey();
      const live = liveSealObjects(bfv);
      const ownFolder = new RunFolder(bfv, RING);
      const after: number[] = [];
      let warm = 0;
      for (let number = 1; number <= ROUNDS; number++) {
        expect(await round(number, bfvKey, ownFolder)).toBe(number % FAILING_EVERY === 0 ? 'SUM_CHECK' : undefined);
        after.push(live());
        if (number === WARM) warm = process.memoryUsage.rss();
      }
      expect(uploads).toBe(SITES.length * ROUNDS);
      // The folder's own two.
      expect(new Set(after)).toEqual(new Set([2]));
      expect(process.memoryUsage.rss() - warm).toBeLessThan(Math.max(GROWTH_BYTES, GROWTH_SHARE * warm));
    },
  );
});

describe('training', () => {
  const somewhere = (study: LearningStudy) => {
    const next = sequence(11);
    const state = initialState(study);
    return { ...state, weights: state.weights.map(() => next() - 0.5) };
  };
  const hugeRows = () => {
    const rows = someRows(8);
    return { ...rows, x: rows.x.map((value) => value * 1e19) };
  };

  it(`leaves as many tensors as there were, and memory as it was, after each of ${ROUNDS} rounds`, { timeout: 600_000 }, async () => {
    const tf = await engine();
    const before = tf.memory().numTensors;
    const study = smallStudy({ model: MLP, algorithm: { batchSize: 16 } });
    const failing = smallStudy({ algorithm: { learningRate: 1_000, localSteps: 100 }, model: { ...MLP, activation: 'relu' } });
    let warm = 0;
    for (let number = 1; number <= ROUNDS; number++) {
      const fails = number % FAILING_EVERY === 0;
      const [what, rows] = fails ? [failing, hugeRows()] : [study, someRows(50)];
      const ended = await trainLocally({ study: what, state: somewhere(what), rows, seed: SEED }).then(
        () => 'done',
        (error: unknown) => (error as { readonly code?: unknown }).code,
      );
      expect(ended).toBe(fails ? 'NOT_FINITE' : 'done');
      expect(tf.memory().numTensors).toBe(before);
      if (number === WARM) warm = process.memoryUsage.rss();
    }
    expect(process.memoryUsage.rss() - warm).toBeLessThan(Math.max(GROWTH_BYTES, GROWTH_SHARE * warm));
  });
});
