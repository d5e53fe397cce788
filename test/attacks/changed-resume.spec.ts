import { readFileSync, rmSync } from 'node:fs';
import { foldUploads } from '@consilium/sealed-sum/fold';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLanes, saveLanes, uploadFileOf } from '../../site-agent/src/rounds/round-files.js';
import { AttackedStudy } from '../support/attacked-study.js';
import { bareLanes, bareSlots } from '../support/bare-slots.js';

/** The coordinator cuts a site's upload off, and hopes that what comes again, under the same masks, is something else. */
describe('an upload that is resumed', () => {
  const study = new AttackedStudy(['a', 'b', 'c']);
  const { coordinator } = study;
  const attempt = study.attempt(1, 0);
  let sealed: Buffer;
  beforeAll(async () => {
    await study.begin(2);
    study.give(1);
  });
  afterAll(() => study.stop());

  const fileOf = (name: string) => uploadFileOf(study.folderOf(name), 1, 0);
  /** Other integers than those that were sealed, as other data or fresh noise would give. */
  const changeIntegers = (name: string) => {
    const changed = readLanes(study.folderOf(name), 1).map((lane, index) => lane + (index % 3));
    saveLanes(study.folderOf(name), 1, changed);
    return changed;
  };
  /** An upload by itself, decrypted with the key that any site of the study could give the coordinator. */
  async function slotsOf(sha256: string): Promise<BigUint64Array> {
    const upload = coordinator.path(sha256);
    await foldUploads({
      uploads: [upload],
      output: `${upload}-alone`,
      parameters: study.study.derived.sums.train,
      keyEpoch: 0,
      threads: 1,
    });
    return bareSlots(`${upload}-alone`, study.keysAt('c').bfvKey);
  }

  it('is the same bytes, whatever has become of the site’s data, its process or the announcement meanwhile', async () => {
    coordinator.cutting = true;
    expect(await study.outcome('a', study.contributeTask(attempt))).toBe('COORDINATOR_UNREACHABLE');
    coordinator.cutting = false;
    sealed = readFileSync(fileOf('a'));
    changeIntegers('a');
    await study.restart('a');
    const announcedAnew = study.contributeTask({ ...attempt, seat: 1 });
    expect(await study.outcome('a', announcedAnew)).toBe('SEAT_USED');
    expect(await study.outcome('a', study.contributeTask(attempt))).toBe('done');
    const { sha256 } = study.uploadOf('a', attempt);
    expect(coordinator.uploads.size).toBe(1);
    expect(readFileSync(coordinator.path(sha256)).equals(sealed)).toBe(true);
  });

  it('is not made again where its file is gone', async () => {
    coordinator.cutting = true;
    expect(await study.outcome('b', study.contributeTask(attempt))).toBe('COORDINATOR_UNREACHABLE');
    coordinator.cutting = false;
    rmSync(fileOf('b'));
    expect(await study.outcome('b', study.contributeTask(attempt))).not.toBe('done');
    expect(coordinator.uploads.size).toBe(1);
  });

  it('control: one that is made anew under the same masks tells the difference of both, exactly', async () => {
    const first = study.uploadOf('a', attempt).sha256;
    const given = study.give(1).get(study.names[0]!)!;
    const changed = changeIntegers('a');
    study.at('a').state.database.exec('DELETE FROM study_upload');
    await study.perform('a', study.contributeTask(attempt));
    const second = study.uploadOf('a', attempt).sha256;
    expect(second).not.toBe(first);
    const p = BigInt(study.study.derived.sums.train.plainModulus);
    const earlier = await slotsOf(first);
    const difference = (await slotsOf(second)).map((slot, index) => (slot + p - earlier[index]!) % p);
    expect(bareLanes(difference).subarray(0, given.length)).toEqual(changed.map((lane, index) => lane - given[index]!));
  });
});
