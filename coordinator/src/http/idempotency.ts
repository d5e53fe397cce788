import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { StreamableFile, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ConsiliumError, type ErrorClass } from '@consilium/protocol';
import { catchError, concatMap, from, of, throwError, type Observable } from 'rxjs';
import { beginAnswer, dropAnswer, dropAnswersBefore, keepAnswer, type Database, type KeptAnswer } from '../storage/index.js';
import { toConsiliumError } from './problem.js';

interface Request {
  readonly method: string;
  readonly originalUrl: string;
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Once the guard has let it in; nobody's where anybody may come. */
  readonly actor?: { readonly id: string };
}

interface Response {
  readonly statusCode: number;
  status(code: number): unknown;
  setHeader(name: string, value: string): unknown;
}

/** How long an answer is kept. */
const KEPT_MS = 24 * 3_600_000;
const CLEAN_UP_EVERY_MS = 3_600_000;
/** Errors of a request that was looked at and turned away. */
const DID_NOTHING: ReadonlySet<ErrorClass> = new Set(['usage', 'forbidden', 'refused', 'verification']);

/**
 * `Idempotency-Key` on every POST (IETF draft-ietf-httpapi-idempotency-key-header-07): the same key with the same request
 * is done once and answered alike for a day; with another request it is refused (422), and so it is while the first is
 * under way (409). A request that was refused did nothing: its key is free again. One that failed may have done something
 * (its audit entry, say, could not be finished): whoever repeats it is told so (409).
 *
 * An answer may hold a secret that is shown once, such as a join token. It is therefore kept sealed (AES-256-GCM) under a
 * key that is derived from the caller's own (HKDF-SHA-256, RFC 5869), which is kept nowhere: only who repeats the request
 * can read its answer. Requests of nobody, such as a sign-in, are not remembered.
 */
export class Idempotency implements NestInterceptor {
  /** Requests under way, with their digests. */
  readonly #running = new Map<string, Buffer>();
  #cleanedAt = 0;

  constructor(
    private readonly db: Database,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request>();
    const header = request.headers['idempotency-key'];
    const caller = request.actor?.id;
    if (request.method !== 'POST' || header === undefined || caller === undefined) return next.handle();
    const keys = keysOf(caller, readKey(header));
    const digest = createHmac('sha256', keys.digest)
      .update(`${request.originalUrl}\n${JSON.stringify(request.body ?? null)}`)
      .digest();
    const response = context.switchToHttp().getResponse<Response>();
    const name = keys.id.toString('hex');
    const running = this.#running.get(name);
    if (running) throw timingSafeEqual(running, digest) ? underWay() : mismatch();
    // From here on until it is settled no other request with this key gets as far as the table.
    this.#running.set(name, digest);
    try {
      await this.#cleanUp();
      const known = await beginAnswer(this.db, { id: keys.id, at: this.now(), request: digest });
      if (known) {
        const answer = repeated(known, digest, keys);
        this.#running.delete(name);
        response.status(known.status ?? 200);
        response.setHeader('Idempotency-Replayed', 'true');
        return of(answer);
      }
    } catch (error) {
      this.#running.delete(name);
      throw error;
    }
    return next.handle().pipe(
      catchError((error: unknown) => from(this.#ended(error, keys.id, name)).pipe(concatMap(() => throwError(() => error)))),
      concatMap(async (answer: unknown) => {
        // A file is not JSON, and none is made by a POST that changes anything.
        if (answer instanceof StreamableFile) await this.#forget(keys.id, name);
        else await keepAnswer(this.db, keys.id, response.statusCode, seal(keys.seal, JSON.stringify(answer) ?? ''));
        this.#running.delete(name);
        return answer;
      }),
    );
  }

  async #ended(error: unknown, id: Buffer, name: string): Promise<void> {
    if (DID_NOTHING.has(toConsiliumError(error).errorClass)) await dropAnswer(this.db, id);
    this.#running.delete(name);
  }

  async #forget(id: Buffer, name: string): Promise<void> {
    await dropAnswer(this.db, id);
    this.#running.delete(name);
  }

  async #cleanUp(): Promise<void> {
    const now = this.now().getTime();
    if (now - this.#cleanedAt < CLEAN_UP_EVERY_MS) return;
    this.#cleanedAt = now;
    await dropAnswersBefore(this.db, new Date(now - KEPT_MS));
  }
}

interface Keys {
  /** What the row is found by. */
  readonly id: Buffer;
  readonly digest: Buffer;
  readonly seal: Buffer;
}

function keysOf(caller: string, key: string): Keys {
  const derived = Buffer.from(hkdfSync('sha256', key, caller, 'consilium/v1/idempotency', 64));
  return {
    id: createHash('sha256').update(`${caller}\n${key}`).digest(),
    digest: derived.subarray(0, 32),
    seal: derived.subarray(32),
  };
}

/** A structured string (RFC 8941) or the bare text, 16 to 255 visible characters: a UUID does. */
function readKey(header: string | readonly string[]): string {
  const text = typeof header === 'string' ? header.trim().replace(/^"(.*)"$/, '$1') : '';
  if (/^[\x21-\x7e]{16,255}$/.test(text)) return text;
  throw new ConsiliumError({
    code: 'IDEMPOTENCY_KEY',
    errorClass: 'usage',
    message: 'An Idempotency-Key has 16 to 255 visible characters.',
    fix: 'Take a random UUID for every new request.',
  });
}

function seal(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Buffer, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8');
}

/** @throws ConsiliumError IDEMPOTENCY_MISMATCH, IDEMPOTENCY_INTERRUPTED */
function repeated({ request, status, answer }: KeptAnswer, digest: Buffer, keys: Keys): unknown {
  if (!timingSafeEqual(request, digest)) throw mismatch();
  if (status === null || answer === null) throw interrupted();
  const text = open(keys.seal, answer);
  return text === '' ? undefined : JSON.parse(text);
}

const mismatch = () =>
  refuse('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key came with another request before.', 'Take a new key for every new request.');
const underWay = () =>
  refuse(
    'IDEMPOTENCY_RUNNING',
    'The first request with this Idempotency-Key is still under way.',
    'Send it again in a few seconds, with the same key.',
  );
const interrupted = () =>
  refuse(
    'IDEMPOTENCY_INTERRUPTED',
    'The coordinator ended or failed while it carried out the first request with this Idempotency-Key.',
    'Look whether it was done; if not, send it with a new key.',
  );
const refuse = (code: string, message: string, fix: string): ConsiliumError =>
  new ConsiliumError({ code, errorClass: 'refused', message, fix });
