import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Cost of argon2id. */
export interface PasswordCost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** RFC 9106 section 4, second recommended option: 64 MiB, 3 passes, 4 lanes. */
export const RFC_9106: PasswordCost = { memory: 65_536, passes: 3, lanes: 4 };

const derive = promisify(argon2);
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** At a time: each takes the memory of its cost, and strangers can ask for it. */
const AT_ONCE = 2;

/** Hashes and checks passwords with argon2id (RFC 9106), a few at a time. Stored as PHC strings that carry their own cost. */
export class PasswordHasher {
  #running = 0;
  readonly #queue: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  constructor(private readonly cost: PasswordCost) {}

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return phc(this.cost, salt, await this.#derive(password, salt, this.cost));
  }

  /**
   * Whether a password is the one behind a PHC string; takes as long where there is none, so that nobody learns which
   * accounts exist.
   */
  async matches(password: string, stored: string | null | undefined): Promise<boolean> {
    this.#decoy ??= this.hash(randomBytes(SALT_BYTES).toString('hex'));
    const parsed = parsePhc(stored ?? (await this.#decoy));
    if (parsed === undefined) return false;
    const tag = await this.#derive(password, parsed.salt, parsed.cost);
    return timingSafeEqual(tag, parsed.tag) && typeof stored === 'string';
  }

  /** Whether a stored hash was made at another cost: it is renewed when the password is next known. */
  isStale(stored: string): boolean {
    const cost = parsePhc(stored)?.cost;
    return cost?.memory !== this.cost.memory || cost.passes !== this.cost.passes || cost.lanes !== this.cost.lanes;
  }

  async #derive(password: string, salt: Uint8Array, { memory, passes, lanes }: PasswordCost): Promise<Buffer> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running += 1;
    try {
      // NFKC: the same password from two keyboards is the same bytes (NIST SP 800-63B section 5.1.1.2).
      const message = Buffer.from(password.normalize('NFKC'), 'utf8');
      return await derive('argon2id', { message, nonce: salt, memory, passes, parallelism: lanes, tagLength: TAG_BYTES });
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** The PHC string format: `$argon2id$v=19$m=65536,t=3,p=4$salt$tag`, base64 without padding. */
function phc({ memory, passes, lanes }: PasswordCost, salt: Buffer, tag: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${text(salt)}$${text(tag)}`;
}

function parsePhc(text: string): { cost: PasswordCost; salt: Buffer; tag: Buffer } | undefined {
  const [, memory, passes, lanes, salt, tag] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/.exec(text) ?? [];
  if (salt === undefined || tag === undefined) return undefined;
  return {
    cost: { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}
