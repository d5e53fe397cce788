// A trial, not the product: what a fold would give that adds the first polynomials only and passes the seeds on, so that
// every site expands one seed for each contributor when it opens (FACTS.md section 4).
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bfvContext } from '../../../libs/sealed-sum/dist/bfv/context.js';
import { sealFrames } from '../../../libs/sealed-sum/dist/bfv/frames.js';
import { RING } from '../../../libs/sealed-sum/dist/bfv/ring.js';
import { BLOCK_BYTES, blockOffset, POLYNOMIAL_BYTES, SEED_BYTES } from '../../../libs/sealed-sum/dist/blocks/block-file.js';
import { foldUploads } from '../../../libs/sealed-sum/dist/fold/index.js';
import { openFold } from '../../../libs/sealed-sum/dist/index.js';
import { alternate, atLeast, rounded } from '../measure/alternate.mjs';
import { consortium, KEY_EPOCH, sealedUploads } from './consortium.mjs';

const SITES = 8;
const RUN = 16;
const MIB = 2 ** 20;
const Q = BigInt(RING.coefficientModulus);

export async function firstPolynomialFigures({ folder, parameters: updateLength }) {
  const round = await consortium(SITES, updateLength);
  const { parameters, keys, selfMasks } = round;
  const uploads = await sealedUploads(folder, round);
  const stock = join(folder, 'stock-fold');
  const output = join(folder, 'first-polynomial-fold');
  const request = { uploads, output: stock, parameters, keyEpoch: KEY_EPOCH };
  await foldUploads(request);
  const contents = await readFile(uploads[0]);
  const expand = await expander();

  await addFirstPolynomials(uploads, output, parameters.blocks, false);
  await requireSameSum(output, stock, parameters.blocks, expand);

  const seconds = await alternate(
    {
      fold: () => addFirstPolynomials(uploads, output, parameters.blocks, false),
      foldAndHash: () => addFirstPolynomials(uploads, output, parameters.blocks, true),
      sha256: () => {
        const hash = createHash('sha256');
        for (let site = 0; site < SITES; site++) hash.update(contents);
        return hash.digest();
      },
      open: () => openFold({ ...keys, path: stock, contributors: SITES, selfMasks }),
      expand: () => expandAll(output, parameters.blocks, expand),
    },
    { rounds: 7, warmUp: 2 },
  );
  const rate = (name) => (SITES * parameters.uploadBytes) / MIB / seconds[name];
  const bytes = parameters.blocks * (POLYNOMIAL_BYTES + SITES * SEED_BYTES);
  return [
    {
      figure: 'firstPolynomialFoldMiBPerSecond',
      value: rounded(rate('fold')),
      unit: 'MiB/s',
      note: 'trial: one thread, result hashed and written',
    },
    {
      figure: 'firstPolynomialFoldVsSha256',
      value: rounded(rate('foldAndHash') / rate('sha256')),
      unit: 'times',
      goal: atLeast(0.5, rate('foldAndHash') / rate('sha256')),
      note: `trial: every upload hashed in the same pass, ${rounded(rate('foldAndHash'))} MiB/s`,
    },
    {
      figure: 'firstPolynomialOpenCost',
      value: rounded((seconds.open + seconds.expand) / seconds.open),
      unit: 'times',
      note: `trial: opening with ${SITES} seeds to expand, against the fold as it is`,
    },
    { figure: 'firstPolynomialDownloadBytes', value: rounded(bytes / updateLength), unit: 'bytes', note: 'trial: a parameter' },
  ];
}

/** Sum of the first polynomials, then the seeds of all uploads, block by block. */
async function addFirstPolynomials(uploads, output, blocks, hashUploads) {
  const files = await Promise.all(uploads.map((path) => open(path, 'r')));
  const result = await open(output, 'w');
  const hashes = uploads.map(() => createHash('sha256'));
  const resultHash = createHash('sha256');
  const run = Buffer.alloc(RUN * BLOCK_BYTES.upload);
  const blockBytes = POLYNOMIAL_BYTES + uploads.length * SEED_BYTES;
  try {
    for (let first = 0; first < blocks; first += RUN) {
      const inRun = Math.min(RUN, blocks - first);
      const sum = new BigUint64Array((inRun * blockBytes) / 8);
      const bytes = new Uint8Array(sum.buffer);
      for (const [index, file] of files.entries()) {
        const part = run.subarray(0, inRun * BLOCK_BYTES.upload);
        await file.read(part, 0, part.length, blockOffset('upload', first));
        if (hashUploads) hashes[index].update(part);
        for (let block = 0; block < inRun; block++) {
          const at = block * BLOCK_BYTES.upload;
          const words = new BigUint64Array(part.buffer, part.byteOffset + at, POLYNOMIAL_BYTES / 8);
          const into = sum.subarray((block * blockBytes) / 8, (block * blockBytes + POLYNOMIAL_BYTES) / 8);
          if (!addInRange(into, words, Q)) throw new Error('a word is not below q');
          bytes.set(
            part.subarray(at + POLYNOMIAL_BYTES, at + BLOCK_BYTES.upload),
            block * blockBytes + POLYNOMIAL_BYTES + index * SEED_BYTES,
          );
        }
      }
      for (let block = 0; block < inRun; block++)
        reduce(sum.subarray((block * blockBytes) / 8, (block * blockBytes + POLYNOMIAL_BYTES) / 8), Q);
      resultHash.update(bytes);
      await result.write(bytes);
    }
    await result.sync();
  } finally {
    await Promise.all([...files, result].map((file) => file.close()));
  }
}

/** Up to eight words below 2^60 each stay below 2^63. */
function addInRange(into, words, modulus) {
  const q = BigInt.asUintN(64, modulus);
  for (let k = 0; k < words.length; k++) {
    const word = BigInt.asUintN(64, words[k]);
    if (word >= q) return false;
    into[k] = BigInt.asUintN(64, into[k] + word);
  }
  return true;
}

function reduce(words, modulus) {
  const q = BigInt.asUintN(64, modulus);
  for (let k = 0; k < words.length; k++) words[k] = BigInt.asUintN(64, words[k] % q);
}

/** A function that makes the second polynomial of a sum from its seeds, in SEAL. */
async function expander() {
  const bfv = await bfvContext(RING);
  const { seal, context } = bfv;
  const frames = sealFrames(bfv, RING.degree);
  const evaluator = new seal.Evaluator(context);
  const [total, next] = [new seal.Ciphertext(), new seal.Ciphertext()];
  const parcel = new Uint8Array(frames.upload.length + POLYNOMIAL_BYTES + frames.seed.length + SEED_BYTES);
  parcel.set(frames.upload);
  parcel.set(frames.seed, frames.upload.length + POLYNOMIAL_BYTES);
  const seedAt = parcel.length - SEED_BYTES;
  return {
    frameBytes: frames.fold.length,
    /** @param first - the sum of the first polynomials */
    expand(first, seeds) {
      for (let at = 0; at < seeds.length; at += SEED_BYTES) {
        if (at === 0) parcel.set(first, frames.upload.length);
        else parcel.fill(0, frames.upload.length, frames.upload.length + POLYNOMIAL_BYTES);
        parcel.set(seeds.subarray(at, at + SEED_BYTES), seedAt);
        (at === 0 ? total : next).loadFromArray(context, parcel);
        if (at > 0) evaluator.addInplace(total, next);
      }
      return total;
    },
    save: () => total.saveToArray(seal.ComprModeType.none),
  };
}

async function expandAll(path, blocks, { expand }) {
  const bytes = await readFile(path);
  const blockBytes = POLYNOMIAL_BYTES + SITES * SEED_BYTES;
  for (let block = 0; block < blocks; block++) {
    const at = block * blockBytes;
    expand(bytes.subarray(at, at + POLYNOMIAL_BYTES), bytes.subarray(at + POLYNOMIAL_BYTES, at + blockBytes));
  }
}

/** The trial must give the very ciphertexts of the fold. */
async function requireSameSum(path, stock, blocks, { expand, save, frameBytes }) {
  const [bytes, expected] = await Promise.all([readFile(path), readFile(stock)]);
  const blockBytes = POLYNOMIAL_BYTES + SITES * SEED_BYTES;
  for (const block of [0, blocks - 1]) {
    const at = block * blockBytes;
    expand(bytes.subarray(at, at + POLYNOMIAL_BYTES), bytes.subarray(at + POLYNOMIAL_BYTES, at + blockBytes));
    const from = blockOffset('fold', block);
    if (Buffer.compare(save().subarray(frameBytes), expected.subarray(from, from + BLOCK_BYTES.fold)) !== 0)
      throw new Error('the first-polynomial fold differs from the fold');
  }
}
