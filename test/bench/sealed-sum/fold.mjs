// The coordinator's fold, against bare SHA-256 over the same bytes.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolder } from '../../../libs/sealed-sum/dist/fold/index.js';
import { alternate, atLeast, rounded } from '../measure/alternate.mjs';
import { consortium, KEY_EPOCH, sealedUploads } from './consortium.mjs';
import { firstPolynomialFigures } from './first-polynomial.mjs';

const PARAMETERS = 2 ** 20;
const DISTINCT = 8;
const MIB = 2 ** 20;

export async function foldFigures({ folder }) {
  const folders = { one: createFolder({ threads: 1 }), two: createFolder({ threads: 2 }) };
  try {
    const eight = await foldOf(folder, folders, 8, { rounds: 7, warmUp: 2 });
    const sixtyFour = await foldOf(folder, folders, 64, { rounds: 3, warmUp: 1 });
    return [...eight, ...sixtyFour, ...(await firstPolynomialFigures({ folder, parameters: PARAMETERS }))];
  } finally {
    await Promise.all(Object.values(folders).map((each) => each.close()));
  }
}

async function foldOf(folder, { one, two }, sites, times) {
  const round = await consortium(sites, PARAMETERS);
  const { parameters } = round;
  const uploads = await sealedUploads(folder, round, { distinct: DISTINCT, masked: false });
  const contents = await readFile(uploads[0]);
  const request = { uploads, output: join(folder, 'fold'), parameters, keyEpoch: KEY_EPOCH };
  const seconds = await alternate(
    { one: () => one.fold(request), two: () => two.fold(request), sha256: () => hashed(contents, sites) },
    times,
  );
  const rate = (name) => (sites * parameters.uploadBytes) / MIB / seconds[name];
  const named = (name) => `${name}${sites === 8 ? '' : sites}`;
  return [
    {
      figure: named('foldMiBPerSecond'),
      value: rounded(rate('two')),
      unit: 'MiB/s',
      goal: atLeast(200, rate('two')),
      note: `${sites} sites, two workers, result hashed and written`,
    },
    { figure: named('foldMiBPerSecondOneWorker'), value: rounded(rate('one')), unit: 'MiB/s' },
    {
      figure: named('foldVsSha256'),
      value: rounded(rate('two') / rate('sha256')),
      unit: 'times',
      note: `two workers against SHA-256 of the uploads in one thread, ${rounded(rate('sha256'))} MiB/s`,
    },
  ];
}

function hashed(contents, times) {
  const hash = createHash('sha256');
  for (let time = 0; time < times; time++) hash.update(contents);
  return hash.digest();
}
