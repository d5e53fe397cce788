import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readNpz } from '@consilium/cohort';
import type { Resplit } from './resplit.js';
import type { SiteSource } from './worked-study.js';
import { writeNpz } from './write-npz.js';

interface LabelledImage {
  readonly pixels: Uint8Array;
  readonly label: number;
  readonly part: 'train' | 'test';
  /** SHA-256 of the pixels: equal images go to one site, and into one part. */
  readonly digest: Buffer;
}

/** The images of a MedMNIST archive; its validation part counts as training. */
async function readImages(file: string): Promise<{ readonly images: readonly LabelledImage[]; readonly side: number }> {
  const parts = ['train', 'val', 'test'] as const;
  const arrays = await readNpz(
    file,
    parts.flatMap((part) => [`${part}_images`, `${part}_labels`]),
  );
  const images: LabelledImage[] = [];
  let side = 0;
  for (const part of parts) {
    const pixels = arrays.get(`${part}_images`);
    const labels = arrays.get(`${part}_labels`);
    const [count = 0, height = 0, width = 0] = pixels?.shape ?? [];
    side = height;
    for (let image = 0; image < count; image += 1) {
      const bytes = Uint8Array.from({ length: height * width }, (_, index) => pixels?.number(image * height * width + index) ?? 0);
      const digest = createHash('sha256').update(bytes).digest();
      images.push({ pixels: bytes, label: labels?.number(image) ?? 0, part: part === 'test' ? 'test' : 'train', digest });
    }
  }
  return { images, side };
}

export interface DealtImages {
  readonly file: string;
  readonly column: string;
  readonly sites: readonly string[];
  /** By label: the share of its images that each site gets, in the order of `sites`. */
  readonly shares: readonly (readonly number[])[];
}

/** Deals images to sites by the hash of their pixels, and writes `SITE.npz` for each. */
export async function writeSiteImages(
  { file, column, sites, shares }: DealtImages,
  directory: string,
  resplit: Resplit | undefined,
): Promise<ReadonlyMap<string, SiteSource>> {
  const { images, side } = await readImages(file);
  const dealt = new Map(sites.map((site) => [site, { train: [] as LabelledImage[], test: [] as LabelledImage[] }]));
  for (const image of images) {
    let left = image.digest.readUInt32BE(0) / 2 ** 32;
    const place = (shares[image.label] ?? []).findIndex((share) => (left -= share) < 0);
    const site = sites[place] ?? sites.at(-1) ?? '';
    dealt.get(site)?.[resplit ? resplit(site, image.digest.toString('hex')) : image.part].push(image);
  }
  const sources = new Map<string, SiteSource>();
  for (const [site, parts] of dealt) {
    const path = join(directory, `${site}.npz`);
    const named = (['train', 'test'] as const).filter((part) => parts[part].length > 0);
    await writeNpz(
      path,
      named.flatMap((part) => [
        { name: `${part}_images`, shape: [parts[part].length, side, side], bytes: Buffer.concat(parts[part].map(({ pixels }) => pixels)) },
        { name: `${part}_labels`, shape: [parts[part].length], bytes: Uint8Array.from(parts[part], ({ label }) => label) },
      ]),
    );
    sources.set(site, {
      type: 'npz',
      path,
      parts: named.map((name) => ({ name, columns: { [column]: `${name}_images`, label: `${name}_labels` } })),
    });
  }
  return sources;
}
