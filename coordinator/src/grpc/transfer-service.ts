import type { ServerReadableStream, ServerWritableStream } from '@grpc/grpc-js';
import { ConsiliumError, StudyHash, type SiteName } from '@consilium/protocol';
import {
  ObjectKind,
  type DownloadRequest,
  type DownloadResponse,
  type TransferServiceServer,
  type UploadCommit,
  type UploadHeader,
  type UploadRequest,
  type UploadResponse,
} from '@consilium/protocol/wire';
import { inspectUpload } from '@consilium/sealed-sum/fold';
import type { PartWriter, Spool } from '../aggregation/spool.js';
import type { Attempt } from '../rounds/study-state.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { failCall, forSite, observed, type CallContext } from './handlers.js';
import { whileMember } from './open-streams.js';
import { LARGEST_CHUNK, sendDownload } from './send-download.js';
import { stallLimit, STALL_MS } from './stall-limit.js';
import { UploadSlots } from './upload-slots.js';
import type { UploadProgress } from './upload-progress.js';
import { uploadTarget, type UploadTarget } from './upload-target.js';
import { checkFields, type IdentityKeyOf } from './words-of-sites.js';

export interface TransferServiceOptions {
  readonly context: CallContext;
  readonly engine: StudyEngine;
  readonly spool: Spool;
  readonly consortium: string;
  readonly keyOf: IdentityKeyOf;
  /** Bytes taken in, and whether they continue an earlier stream. */
  readonly received: (bytes: number, resumed: boolean) => void;
  /** A contribution that is not counted: it came after its list was closed, or was not what it said it was. */
  readonly thrownAway?: (outcome: 'late' | 'rejected') => void;
  /** For people who wait for a contribution. */
  readonly progress: UploadProgress;
  /** Milliseconds without progress after which a transfer is ended. Default {@link STALL_MS}. */
  readonly stallMs?: number;
}

const refuse = (code: string, message: string, fix: string): ConsiliumError =>
  new ConsiliumError({ code, errorClass: 'verification', message, fix });

const replaced = (): ConsiliumError =>
  refuse('UPLOAD_REPLACED', 'The site has opened this upload anew; the older stream is over.', 'Nothing to do; the newer one goes on.');

/** Bulk in both directions. Nothing counts before it is whole, and whole means: committed, hashed, signed, inspected. */
export function transferService(options: TransferServiceOptions): TransferServiceServer {
  const { context, engine, spool } = options;
  const slots = new UploadSlots();
  const stateOf = (study: StudyHash) => engine.state(study);
  return {
    offset: forSite(context, 'Transfer.Offset', async (site, { header }) => {
      const target = uploadTarget(requireHeader(header), site, stateOf);
      if (isWhole(target)) return { offset: BigInt(target.length), complete: true };
      return { offset: BigInt(Math.min(await spool.partSize(target.object), target.length)), complete: false };
    }),
    upload: (call: ServerReadableStream<UploadRequest, UploadResponse>, callback) => {
      const upload = (site: SiteName) => takeUpload(call, site, options, slots);
      observed(context, 'Transfer.Upload', () => whileMember(call, context, upload, () => call.destroy())).then(
        (response) => callback(null, response),
        (error: unknown) => callback(error as Parameters<typeof callback>[0]),
      );
    },
    download: (call: ServerWritableStream<DownloadRequest, DownloadResponse>) => {
      observed(context, 'Transfer.Download', () => whileMember(call, context, (site) => sendDownload(call, site, options))).catch(
        (error: unknown) => failCall(call, error),
      );
    },
  };
}

function requireHeader(header: UploadHeader | undefined): UploadHeader {
  if (header) return header;
  throw refuse('UPLOAD_REFUSED', 'An upload begins with its header.', 'Update consilium-site.');
}

function placeOf({ study, length }: UploadTarget, { round, attempt }: Attempt): Parameters<UploadProgress['begin']>[1] {
  return { study, round, attempt, length };
}

function isWhole(target: UploadTarget): boolean {
  return target.whole?.sha256 === target.sha256.toString('hex');
}

async function takeUpload(
  call: ServerReadableStream<UploadRequest, UploadResponse>,
  site: SiteName,
  options: TransferServiceOptions,
  slots: UploadSlots,
): Promise<UploadResponse> {
  const { engine, spool, received, progress, thrownAway, stallMs = STALL_MS } = options;
  const limit = stallLimit((reason) => call.destroy(reason), stallMs);
  let target: UploadTarget | undefined;
  let writer: PartWriter | undefined;
  let leave: (() => void) | undefined;
  let kind: ObjectKind | undefined;
  let committing = false;
  try {
    for await (const { body } of call as AsyncIterable<UploadRequest>) {
      limit.moved();
      if (body?.$case === 'header') {
        kind = body.value.kind;
        if (target) throw refuse('UPLOAD_REFUSED', 'An upload has one header.', 'Update consilium-site.');
        const expected = (): UploadTarget => uploadTarget(body.value, site, (study) => engine.state(study));
        leave = await slots.enter(spool.pathOf(expected().object), () => call.destroy(replaced()));
        // The stream that held the slot may have delivered meanwhile.
        target = expected();
        if (isWhole(target)) return { length: BigInt(target.length) };
        const offset = Number(body.value.offset);
        const held = await spool.partSize(target.object);
        if (offset > held || offset > target.length)
          throw refuse(
            'UPLOAD_REFUSED',
            `The upload goes on at ${offset}, but the coordinator holds ${held} bytes.`,
            'The site asks for the offset and goes on from there.',
          );
        writer = await spool.append(target.object, offset, target.length - offset);
        received(0, offset > 0);
        if (target.attempt) progress.begin(site, placeOf(target, target.attempt), offset);
      } else if (!target || !writer) {
        requireHeader(undefined);
      } else if (body?.$case === 'chunk') {
        if (body.value.length > LARGEST_CHUNK || writer.size + body.value.length > target.length)
          throw refuse(
            'UPLOAD_REFUSED',
            `More bytes came than the ${target.length} of the header, or a chunk above 1 MiB.`,
            'The site sends the upload again.',
          );
        await writer.write(body.value);
        received(body.value.length, false);
        progress.moved(site, writer.size);
      } else if (body?.$case === 'commit') {
        limit.end();
        const written = writer;
        writer = undefined;
        await written.close();
        committing = true;
        await commit(target, body.value, site, options);
        return { length: BigInt(target.length) };
      }
    }
  } catch (error) {
    const outcome = kind === ObjectKind.OBJECT_KIND_CONTRIBUTION ? thrownAwayAs(error, committing) : undefined;
    if (outcome) thrownAway?.(outcome);
    throw error;
  } finally {
    limit.end();
    try {
      await writer?.close();
    } finally {
      leave?.();
    }
  }
  // A stream that was cut ends just like one that is over: only a commit says that nothing is missing.
  throw refuse('UPLOAD_INCOMPLETE', 'The upload ended without its commit.', 'The site goes on at the acknowledged offset.');
}

/** What became of a contribution that ended in an error; nothing where it may still go on. */
function thrownAwayAs(error: unknown, committing: boolean): 'late' | 'rejected' | undefined {
  if (!(error instanceof ConsiliumError)) return undefined;
  if (error.code === 'TOO_LATE') return 'late';
  return committing || error.code === 'CIPHERTEXT_REFUSED' ? 'rejected' : undefined;
}

async function commit(
  target: UploadTarget,
  { length, sha256, signature }: UploadCommit,
  site: SiteName,
  options: TransferServiceOptions,
): Promise<void> {
  const { spool, engine } = options;
  const held = await spool.partSize(target.object);
  if (length !== BigInt(target.length) || held !== target.length) {
    await spool.discardPart(target.object);
    throw refuse(
      'UPLOAD_REFUSED',
      `The upload has ${held} bytes, the commit says ${length}, the header ${target.length}.`,
      'The site sends the upload again.',
    );
  }
  const digest = await spool.partDigest(target.object, target.length);
  if (!digest.equals(target.sha256) || !digest.equals(sha256)) {
    await spool.discardPart(target.object);
    throw refuse(
      'UPLOAD_REFUSED',
      'The SHA-256 of the upload is not the one of its header and commit.',
      'The site sends the upload again.',
    );
  }
  if (target.attempt) await commitContribution(target, target.attempt, digest, signature, site, options);
  else {
    await spool.keep(target.object);
    await engine.submit(target.study, ({ activity }) =>
      activity.phase === 'releasing' && !activity.received
        ? { type: 'bundleReceived', site, sha256: digest.toString('hex'), bytes: target.length }
        : undefined,
    );
  }
}

async function commitContribution(
  target: UploadTarget,
  attempt: Attempt,
  digest: Buffer,
  signature: Buffer,
  site: SiteName,
  { spool, engine, consortium, keyOf }: TransferServiceOptions,
): Promise<void> {
  const sha256 = digest.toString('hex');
  const place = { round: attempt.round, attempt: attempt.attempt };
  const state = engine.state(target.study);
  try {
    await checkFields(
      'upload',
      { consortium, study: target.study, site, keyEpoch: attempt.keyEpoch, ...place, bytes: target.length, sha256 },
      signature,
      site,
      keyOf,
    );
    await inspectUpload(`${spool.pathOf(target.object)}.part`, {
      parameters: state.study.derived.sums[attempt.kind],
      keyEpoch: attempt.keyEpoch,
    });
  } catch (error) {
    await spool.discardPart(target.object);
    throw error;
  }
  await spool.keep(target.object);
  const after = await engine.submit(target.study, ({ activity }) => {
    const open =
      activity.phase === 'round' &&
      (activity.attempt.phase === 'announced' || activity.attempt.phase === 'uploading') &&
      activity.attempt.round === place.round &&
      activity.attempt.attempt === place.attempt;
    return open && !activity.attempt.uploads.has(site)
      ? { type: 'uploaded', site, ...place, bytes: target.length, sha256, signature: signature.toString('hex') }
      : undefined;
  });
  const { activity } = after;
  const counted = activity.phase === 'round' && activity.attempt.uploads.get(site)?.sha256 === sha256;
  const past = after.rounds.some((round) => round.attempt.round === place.round && round.attempt.uploads.get(site)?.sha256 === sha256);
  if (counted || past) return;
  await spool.discard(target.object);
  throw new ConsiliumError({
    code: 'TOO_LATE',
    errorClass: 'refused',
    message: `Round ${place.round} of the study no longer takes uploads.`,
    fix: 'Nothing to do; the site takes part in the next round.',
  });
}
