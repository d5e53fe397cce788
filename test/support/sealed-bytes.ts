import { createHash, randomBytes } from 'node:crypto';
import type { SealParameters } from '@consilium/protocol';
import { ObjectKind, type Contribute, type UploadCommit, type UploadHeader, type UploadRequest } from '@consilium/protocol/wire';
import { parametersHash } from '@consilium/sealed-sum/parameters';
import { POLYNOMIAL_BYTES, SEED_BYTES, WORD_BYTES } from '../../libs/sealed-sum/src/blocks/block-file.js';
import { fileHeader } from '../../libs/sealed-sum/src/blocks/file-header.js';
import type { StudyAtSite } from '../../site-agent/src/rounds/study-at-site.js';

/**
 * A contribution of the right form whose numbers mean nothing: the header, then random words below q and random seeds.
 * Nobody without the keys can tell it from an honest one.
 */
export function randomCiphertext(parameters: SealParameters, keyEpoch: number): Buffer {
  const q = BigInt(parameters.coefficientModulus);
  const blocks = Array.from({ length: parameters.blocks }, () => {
    const words = randomBytes(POLYNOMIAL_BYTES);
    for (let at = 0; at < words.length; at += WORD_BYTES) {
      // 60 random bits; q lies just below 2^60.
      words[at + 7] = (words[at + 7] ?? 0) & 0x0f;
      if (words.readBigUInt64LE(at) >= q) words.fill(0, at, at + WORD_BYTES);
    }
    return Buffer.concat([words, randomBytes(SEED_BYTES)]);
  });
  return Buffer.concat([fileHeader('upload', parameters, keyEpoch), ...blocks]);
}

/** Where an upload may lie about itself. */
export interface Lies {
  readonly header?: Partial<UploadHeader>;
  readonly commit?: Partial<UploadCommit>;
  /** What is sent in place of the bytes that were announced and signed. */
  readonly sent?: Buffer;
  /** Ends the stream without a commit. */
  readonly uncommitted?: boolean;
}

/** The parameter object of a round of the study. */
export function parametersOf(at: StudyAtSite, { round }: Pick<Contribute, 'round'>): SealParameters {
  return at.study.derived.sums[round > at.study.algorithm.rounds ? 'evaluate' : 'train'];
}

/** The messages of an upload of `bytes` to an attempt, signed by the site; true in everything but `lies`. */
export function uploadOf(
  at: StudyAtSite,
  task: Pick<Contribute, 'keyEpoch' | 'round' | 'attempt'>,
  bytes: Buffer,
  lies: Lies = {},
): readonly UploadRequest[] {
  const { keyEpoch, round, attempt } = task;
  const sha256 = createHash('sha256').update(bytes).digest();
  const place = { consortium: at.consortium, study: at.hash, site: at.name, keyEpoch, round, attempt };
  const { signature } = at.sign('upload', { ...place, bytes: bytes.length, sha256: sha256.toString('hex') });
  const length = BigInt(bytes.length);
  const header: UploadHeader = {
    study: at.hash,
    kind: ObjectKind.OBJECT_KIND_CONTRIBUTION,
    keyEpoch,
    round,
    attempt,
    parameters: parametersHash(parametersOf(at, task)),
    length,
    sha256,
    offset: 0n,
    ...lies.header,
  };
  const sent = lies.sent ?? bytes;
  const chunks = Array.from({ length: Math.ceil(sent.length / 2 ** 20) }, (_, index) =>
    sent.subarray(index * 2 ** 20, (index + 1) * 2 ** 20),
  );
  return [
    { body: { $case: 'header', value: header } },
    ...chunks.map((value): UploadRequest => ({ body: { $case: 'chunk', value } })),
    ...(lies.uncommitted
      ? []
      : [{ body: { $case: 'commit', value: { length, sha256, signature, ...lies.commit } } } satisfies UploadRequest]),
  ];
}
