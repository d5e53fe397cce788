// What the sealed sum adds to a round of a model of 3.49 million parameters at eight sites.
import { join } from 'node:path';
import { createFolder } from '../../../libs/sealed-sum/dist/fold/index.js';
import { dequantise, openFold, sealToFile, SiteWorkers } from '../../../libs/sealed-sum/dist/index.js';
import { alternate, atMost, rounded } from '../measure/alternate.mjs';
import { consortium, KEY_EPOCH, sealedUploads } from './consortium.mjs';

const SITES = 8;
const PARAMETERS = 3_490_000;

export async function roundFigures({ folder }) {
  const workers = new SiteWorkers({ threads: 2 });
  const folds = createFolder({ threads: 2 });
  try {
    const round = await consortium(SITES, PARAMETERS);
    const { keys, lanes, masksOf, selfMasks, parameters } = round;
    const uploads = await sealedUploads(folder, round, { workers });
    const output = join(folder, 'round-fold');
    const masks = masksOf(0);
    const open = async () =>
      dequantise(await openFold({ ...keys, path: output, contributors: SITES, selfMasks, workers }), parameters).update;
    const seconds = await alternate(
      {
        seal: () => sealToFile({ ...keys, lanes: lanes(), masks, path: join(folder, 'round-upload'), workers }),
        fold: () => folds.fold({ uploads, output, parameters, keyEpoch: KEY_EPOCH }),
        open,
      },
      { rounds: 5, warmUp: 1 },
    );
    const added = seconds.seal + seconds.fold + seconds.open;
    return [
      {
        figure: 'modelAddedSecondsPerRound',
        value: rounded(added),
        unit: 's',
        goal: atMost(1.5, added),
        note: `seal ${rounded(seconds.seal)} + fold of ${SITES} ${rounded(seconds.fold)} + open ${rounded(seconds.open)}, two threads each, each run alone`,
      },
    ];
  } finally {
    await Promise.all([workers.close(), folds.close()]);
  }
}
