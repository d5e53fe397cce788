import { randomBytes, randomFillSync } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { laneCount } from '../lanes/lane-layout.js';
import { siteMasks } from '../masks/mask-keys.js';
import { roundKeyPair } from '../masks/round-keys.js';
import { sealParameters } from '../parameters/seal-parameters.js';
import { generateBfvKey } from './bfv-key.js';
import { sealToFile } from './seal-to-file.js';

const peers = () => [1, 2].map((index) => ({ index, publicKey: roundKeyPair().publicKey }));

/**
 * Bytes of an upload per parameter, measured: seals random integers of a model of `parameterCount` parameters for
 * `sites` sites to a temporary file, and divides that file's length on disk.
 */
export async function measureUploadBytesPerParameter(parameterCount = 1_000_000, sites = 4): Promise<number> {
  const parameters = sealParameters({ sites, updateLength: parameterCount, updateRange: 1, maxWeight: 1, counts: [] });
  const { levels } = parameters;
  const lanes = randomFillSync(new Int32Array(laneCount(parameters))).map((word) => word % (levels + 1));
  const folder = await mkdtemp(join(tmpdir(), 'consilium-measure-'));
  try {
    const path = join(folder, 'upload');
    const keys = { bfvKey: await generateBfvKey(), checkKey: randomBytes(32), keyEpoch: 0 };
    const masks = siteMasks({ index: 0, ...roundKeyPair(), selfSecret: randomBytes(32) }, peers(), randomBytes(32));
    await sealToFile({ lanes, parameters, ...keys, path, masks });
    return (await stat(path)).size / parameterCount;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
