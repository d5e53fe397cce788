import { randomBytes } from 'node:crypto';
import { ConsiliumError } from '@consilium/protocol';
import {
  SessionServiceService,
  TransferServiceService,
  type OpenRequest,
  type UploadHeader,
  type UploadRequest,
} from '@consilium/protocol/wire';
import { EGRESS_LABELS, ofUpload, type EgressLabel } from './egress-kind.js';
import type { EgressLog } from './egress-log.js';

/** Compressed flag and length before each message (gRPC over HTTP/2, length-prefixed message). */
export const FRAME_BYTES = 5;

const MINUTE_MS = 60_000;

/** The record of one call: told of every message before it is sent, and of the call's end. */
export interface CallRecord {
  /** @param bytes - of the serialized message, without its frame */
  message(message: unknown, bytes: number): void;
  end(): void;
}

/**
 * The record of a new call to `path`.
 * @throws ConsiliumError EGRESS_UNLABELLED for a method that the record has no label for: it is not called then
 */
export function recordCall(log: EgressLog, path: string, now: () => number = Date.now): CallRecord {
  const label = EGRESS_LABELS.get(path) as ((message: unknown) => EgressLabel) | undefined;
  if (label === undefined)
    throw new ConsiliumError({
      code: 'EGRESS_UNLABELLED',
      errorClass: 'failed',
      message: `The egress record has no label for ${path}, so nothing is sent.`,
      fix: 'Report this as a defect of consilium-site.',
    });
  const method = path.replace('/consilium.v1.', '');
  if (path === TransferServiceService.upload.path) return recordUpload(log, method);
  const one = (message: unknown, size: number) => {
    const labelled = label(message);
    log.append({ ...labelled, method, bytes: size + FRAME_BYTES });
    log.onBytes(labelled.kind, size + FRAME_BYTES);
  };
  if (path === SessionServiceService.open.path) return recordSession(log, method, one, now);
  return { message: one, end: () => undefined };
}

/**
 * Heartbeats share a line a minute, written when the next minute begins or the session ends: the only line that
 * comes after its bytes.
 */
function recordSession(log: EgressLog, method: string, one: CallRecord['message'], now: () => number): CallRecord {
  let beats = { minute: 0, messages: 0, bytes: 0 };
  const flush = () => {
    if (beats.messages > 0) log.append({ kind: 'control', method, bytes: beats.bytes, messages: beats.messages });
    beats = { minute: 0, messages: 0, bytes: 0 };
  };
  return {
    message: (message, size) => {
      if ((message as OpenRequest).body?.$case !== 'heartbeat') return one(message, size);
      const minute = Math.floor(now() / MINUTE_MS);
      if (minute !== beats.minute) flush();
      beats = { minute, messages: beats.messages + 1, bytes: beats.bytes + size + FRAME_BYTES };
      log.onBytes('control', size + FRAME_BYTES);
    },
    end: flush,
  };
}

/** No chunk is smaller than this, or an upload reserves more than once. */
const SMALLEST_CHUNK = 16_384;
/** Tag and length of a chunk, and its frame. */
const CHUNK_OVERHEAD = 16;
/** Header, commit and their frames. */
const ENDS = 2_048;

const reserve = (header: UploadHeader | undefined) => {
  const payload = Number((header?.length ?? 0n) - (header?.offset ?? 0n));
  return payload + Math.ceil(payload / SMALLEST_CHUNK) * CHUNK_OVERHEAD + ENDS;
};

/** An upload has a line before its first byte, with a bound, and one after its last, with the exact number. */
function recordUpload(log: EgressLog, method: string): CallRecord {
  const upload = randomBytes(6).toString('hex');
  let header: UploadHeader | undefined;
  let reserved = 0;
  let sent = 0;
  let ended = false;
  const begin = (atMost: number) => {
    reserved += atMost;
    log.append({
      ...ofUpload(header),
      method,
      upload,
      offset: Number(header?.offset ?? 0n),
      length: Number(header?.length ?? 0n),
      sha256: Buffer.from(header?.sha256 ?? []).toString('hex'),
      atMost,
    });
  };
  return {
    message: (message, size) => {
      const { body } = message as UploadRequest;
      if (body?.$case === 'header') header = body.value;
      const bytes = size + FRAME_BYTES;
      if (sent + bytes > reserved) begin(Math.max(reserve(reserved === 0 ? header : undefined), bytes));
      sent += bytes;
      log.onBytes(ofUpload(header).kind, bytes);
    },
    end: () => {
      if (ended || reserved === 0) return;
      ended = true;
      log.append({ ...ofUpload(header), method, upload, bytes: sent }, true);
    },
  };
}
