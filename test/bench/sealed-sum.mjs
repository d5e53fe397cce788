// The sealed sum: speed against CKKS, sizes, threads, the fold, the upload. Issue 4's table; FACTS in libs/sealed-sum/README.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientFigures } from './sealed-sum/client.mjs';
import { foldFigures } from './sealed-sum/fold.mjs';
import { memoryFigures } from './sealed-sum/memory.mjs';
import { roundFigures } from './sealed-sum/round.mjs';
import { transferFigures } from './transfer.mjs';

/** @param options - `full`: also the memory of a fold of 2^26 parameters, which takes 2 GiB of disk */
export async function bench({ full, report }) {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  try {
    const figures = [];
    for (const part of [clientFigures, foldFigures, roundFigures, memoryFigures, transferFigures]) {
      report(`${part.name} …`);
      figures.push(...(await part({ folder, full, report })));
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
