import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Packed = z.object({ lanes: z.array(z.int()) });
const Sum = Packed.extend({ contributors: z.array(z.string()) });

export interface SumCheck {
  /** Decrypted sums that were compared: one per round and site. */
  readonly compared: number;
  /** Those that did not equal the plaintext sum of the contributors' integers. */
  readonly wrong: readonly { readonly site: string; readonly file: string }[];
}

/**
 * Compares every decrypted sum at every site with the plaintext sum of what its contributors packed, lane by lane.
 * Possible only under `--shadow`, on public data, on one machine.
 * @param folders - site name to its `state/shadow/<study>`
 */
export async function checkSums(folders: ReadonlyMap<string, string>): Promise<SumCheck> {
  const wrong: { site: string; file: string }[] = [];
  let compared = 0;
  for (const [site, folder] of folders) {
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.sum.json'))) {
      const sum = Sum.parse(await readJson(join(folder, file)));
      const plain = new Float64Array(sum.lanes.length);
      for (const contributor of sum.contributors) {
        const packed = Packed.parse(await readJson(join(folders.get(contributor) ?? '', file.replace('.sum.json', '.json'))));
        for (const [lane, value] of packed.lanes.entries()) plain[lane] = (plain[lane] ?? 0) + value;
      }
      compared += 1;
      if (plain.length !== sum.lanes.length || sum.lanes.some((value, lane) => value !== plain[lane])) wrong.push({ site, file });
    }
  }
  return { compared, wrong };
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}
