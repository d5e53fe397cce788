// Sites with masks, and the files they make.
import { randomBytes } from 'node:crypto';
import { link, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateBfvKey, quantise, roundKeyPair, sealToFile, selfKey, siteMasks } from '../../../libs/sealed-sum/dist/index.js';
import { sealedPieces } from '../../../libs/sealed-sum/dist/site/sealed-pieces.js';
import { sealParameters } from '../../../libs/sealed-sum/dist/parameters/index.js';

export const KEY_EPOCH = 0;

/** @returns parameters, keys and values of a round of `sites` sites with `updateLength` parameters */
export async function consortium(sites, updateLength) {
  const parameters = sealParameters({ sites, updateLength, updateRange: 1, maxWeight: 1000, counts: [] });
  const transcript = randomBytes(32);
  const seats = Array.from({ length: sites }, (_, index) => ({ index, ...roundKeyPair(), selfSecret: randomBytes(32) }));
  const keys = { parameters, bfvKey: await generateBfvKey(), checkKey: randomBytes(32), keyEpoch: KEY_EPOCH };
  const values = new Float64Array(updateLength);
  for (let index = 0; index < updateLength; index++) values[index] = ((index * 2654435761) % 2 ** 32) / 2 ** 31 - 1;
  return {
    parameters,
    keys,
    values,
    masksOf: (site) =>
      siteMasks(
        seats[site],
        seats.filter(({ index }) => index !== site),
        transcript,
      ),
    selfMasks: seats.map(({ selfSecret }) => selfKey(selfSecret, transcript)),
    lanes: () => quantise({ update: values, weight: 500, counts: {} }, parameters).lanes,
  };
}

/**
 * The uploads of a round. Only `distinct` files are sealed; further sites' are links to them, which cost the fold the same.
 * @param round - as `consortium` makes it
 */
export async function sealedUploads(folder, round, { distinct = round.parameters.sites, masked = true, workers } = {}) {
  const { keys, masksOf, lanes, parameters } = round;
  const contribution = lanes();
  const place = await mkdtemp(join(folder, 'uploads-'));
  const uploads = [];
  for (let site = 0; site < parameters.sites; site++) {
    const path = join(place, String(site));
    if (site >= distinct) await link(uploads[site % distinct], path);
    else if (masked) await sealToFile({ ...keys, lanes: contribution, path, masks: masksOf(site), ...(workers ? { workers } : {}) });
    else await writeFile(path, sealedPieces({ ...keys, lanes: contribution }, []));
    uploads.push(path);
  }
  return uploads;
}
