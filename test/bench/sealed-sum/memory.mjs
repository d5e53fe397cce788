// Peak memory of a process that folds, at 8 and at 256 sites.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost } from '../measure/alternate.mjs';
import { consortium, KEY_EPOCH, sealedUploads } from './consortium.mjs';

const MOST_SITES = 256;
const DISTINCT = 8;
const ALONE = fileURLToPath(new URL('fold-alone.mjs', import.meta.url));
const LONGEST_MS = 20 * 60_000;

export async function memoryFigures({ folder, full }) {
  const round = await consortium(MOST_SITES, full ? 2 ** 26 : 2 ** 20);
  const uploads = await sealedUploads(folder, round, { distinct: DISTINCT, masked: false });
  const peaks = {};
  for (const sites of [8, MOST_SITES]) {
    const request = {
      uploads: uploads.slice(0, sites),
      output: join(folder, 'fold-alone'),
      parameters: round.parameters,
      keyEpoch: KEY_EPOCH,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [ALONE, JSON.stringify(request)], { timeout: LONGEST_MS });
    peaks[sites] = Math.round(Number(stdout));
  }
  const parameters = full ? '2^26' : '2^20';
  return [
    {
      figure: 'peakFoldMiB',
      value: peaks[MOST_SITES],
      unit: 'MiB',
      goal: atMost(160, peaks[MOST_SITES]),
      note: `whole process, ${MOST_SITES} sites, ${parameters} parameters, two workers`,
    },
    { figure: 'peakFoldMiB8', value: peaks[8], unit: 'MiB', goal: atMost(160, peaks[8]), note: `the same at 8 sites` },
  ];
}
