import type { SealParameters, SumShape } from '@consilium/protocol';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createFolder, type Folder } from '../src/fold/index.js';
import {
  generateBfvKey,
  laneCount,
  openFold,
  openStream,
  sealToFile,
  type LaneConsumer,
  type LaneSource,
  type MaskTerm,
  type OpenRequest,
  type SealRequest,
  type SiteMasks,
} from '../src/index.js';
import { sealParameters } from '../src/parameters/index.js';

export const aShape = (over: Partial<SumShape> = {}): SumShape => ({
  sites: 4,
  updateLength: 10,
  updateRange: 1,
  maxWeight: 1000,
  counts: ['contributors', 'clamped', 'patients'],
  ...over,
});

/** All lanes alike but for their index. */
export const lanesOf = (parameters: SealParameters, lane: (index: number) => number) =>
  new Int32Array(laneCount(parameters)).map((_, index) => lane(index));

export const sumOf = (contributions: readonly Int32Array[]) =>
  contributions.reduce((sum, lanes) => sum.map((lane, index) => lane + lanes[index]!));

/**
 * Masks of a sum that is not about masks: every contribution has the same one of its own, and two that cancel in itself.
 */
const SELF = randomBytes(32);
export const someMasks: SiteMasks = {
  self: SELF,
  pairs: [
    { key: SELF, sign: 1 },
    { key: SELF, sign: -1 },
  ],
};

/** Sites, coordinator and a folder of files in one process. */
export class World {
  readonly keyEpoch = 3;
  readonly checkKey = randomBytes(32);
  bfvKey!: Buffer;
  folder!: string;
  folds!: Folder;
  #files = 0;

  path = () => join(this.folder, `${this.#files++}.bin`);

  async upload(parameters: SealParameters, lanes: LaneSource, over: Partial<SealRequest> = {}) {
    const path = over.path ?? this.path();
    const keys = { bfvKey: this.bfvKey, checkKey: this.checkKey, keyEpoch: this.keyEpoch };
    await sealToFile({ lanes, parameters, ...keys, path, masks: someMasks, ...over });
    return path;
  }

  async fold(parameters: SealParameters, uploads: readonly string[], dropped: readonly MaskTerm[] = []) {
    const output = this.path();
    await this.folds.fold({ uploads, output, parameters, keyEpoch: this.keyEpoch, dropped });
    return output;
  }

  open = (parameters: SealParameters, path: string, contributors: number, over: Partial<OpenRequest> = {}) =>
    openFold(this.#request(parameters, path, contributors, over));

  openStream = (parameters: SealParameters, path: string, contributors: number, over: Partial<OpenRequest>, consume: LaneConsumer) =>
    openStream(this.#request(parameters, path, contributors, over), consume);

  #request(parameters: SealParameters, path: string, contributors: number, over: Partial<OpenRequest>): OpenRequest {
    const selfMasks = Array.from({ length: contributors }, () => SELF);
    const keys = { bfvKey: this.bfvKey, checkKey: this.checkKey, keyEpoch: this.keyEpoch };
    return { path, parameters, ...keys, contributors, selfMasks, ...over };
  }

  /** What the sites read after these contributions were sealed, folded and opened. */
  async sum(parameters: SealParameters, contributions: readonly Int32Array[]) {
    const uploads: string[] = [];
    for (const lanes of contributions) uploads.push(await this.upload(parameters, lanes));
    const opened = await this.open(parameters, await this.fold(parameters, uploads), contributions.length);
    for (const upload of uploads) await rm(upload);
    return opened;
  }
}

export function useWorld(): World {
  const world = new World();
  beforeAll(async () => {
    world.folder = await mkdtemp(join(tmpdir(), 'consilium-sum-'));
    world.bfvKey = await generateBfvKey();
    world.folds = createFolder({ threads: 1 });
  });
  afterAll(async () => {
    await world.folds.close();
    await rm(world.folder, { recursive: true, force: true });
  });
  return world;
}

/** Without counts: a plain vector of lanes. */
export const plainSum = (sites: number, updateLength = 100) => sealParameters(aShape({ sites, updateLength, counts: [] }));
