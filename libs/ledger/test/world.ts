import { createHash, generateKeyPairSync, randomBytes, sign, verify, createPublicKey } from 'node:crypto';
import { CohortName, PopulationName, SiteName, StudyHash, type Json } from '@consilium/protocol';
import type { Accountant } from '../src/accountant.js';
import { formatDecimal } from '../src/decimal.js';
import type { Decider } from '../src/store/decision-body.js';
import { ledgerOrigin } from '../src/notes/checkpoint.js';
import type { KeyReader, Signer } from '../src/signatures.js';
import type { LedgerFiles } from '../src/store/ledger-files.js';
import { ledgerPlace } from '../src/store/ledger-place.js';
import type { LedgerSetup } from '../src/store/ledger-setup.js';
import type { MirrorLink, WitnessLink } from '../src/store/links.js';
import { openLedger, type CreateTerms, type Started } from '../src/store/open-ledger.js';
import type { Ledger } from '../src/store/ledger.js';
import { readLastSeen, type LastSeen } from '../src/witness/last-seen.js';
import { openWitness, type Witness } from '../src/witness/witness.js';
import { witnessStore } from '../src/witness/witness-store.js';
import { MemoryDisk } from './memory-disk.js';

/** An officer of the consortium, through the coordinator. */
export const coordinator = (request: number): Decider => ({ role: 'coordinator', name: 'ada', request });
export const TERMS: CreateTerms = { publicSize: 300, delta: 1e-5, largerDelta: false, epsilonMax: 6 };
export const studyHash = (digit: string) => StudyHash.parse(digit.repeat(64));
export const STUDY = studyHash('a');
export const COHORT = CohortName.parse('heart-2026');
export const POPULATION = PopulationName.parse('heart');
export const SITE = SiteName.parse('st-elsewhere');
export const WITNESSES = ['cleveland', 'hungary', 'zurich', 'basel'].map((name) => SiteName.parse(name));
export const CONSORTIUM = 'cardio';
/** One step of the Gaussian mechanism, as the test's accountant reads it. */
export const gaussian = (sigma: number): Json => ({ kind: 'gaussian', sigma });

export function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return { publicKey: raw, sign: (bytes) => sign(null, bytes, privateKey) };
}

export const OFFICER: Decider = { role: 'officer', name: 'dpo', signer: newSigner() };

/**
 * Signatures that anybody could make, for schedules in which nobody forges: a hundred times quicker than Ed25519, and
 * as strict about every byte.
 */
export const QUICK_KEYS = {
  signer(): Signer {
    const publicKey = randomBytes(32);
    return { publicKey, sign: (bytes) => createHash('sha512').update(publicKey).update(bytes).digest() };
  },
  readKey: ((publicKey) => (bytes, signature) =>
    createHash('sha512').update(publicKey).update(bytes).digest().equals(signature)) satisfies KeyReader,
};

const readKeys = new Map<string, ReturnType<KeyReader>>();
export const readKey: KeyReader = (publicKey) => {
  const x = Buffer.from(publicKey).toString('base64url');
  const known = readKeys.get(x);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const check = (bytes: Uint8Array, signature: Uint8Array) => verify(null, bytes, key, signature);
    readKeys.set(x, check);
    return check;
  } catch {
    return () => false;
  }
};

const UNIT = 1e12;
const up = (value: number) => formatDecimal(BigInt(Math.ceil(value * UNIT)));
/** Rényi divergence α/(2σ²) of the Gaussian mechanism, and B_k of PROTOCOL.md section 7: enough of an accountant to test a ledger with. */
export const ACCOUNTANT: Accountant = {
  version: 'test-1',
  decidingOrders(delta, epsilonMax) {
    const order = (factor: number) => Math.max(2, Math.ceil(1 + (factor * Math.log(2 / delta)) / epsilonMax));
    return [order(0.85), order(1.4)];
  },
  budgets({ orders, delta, epsilonMax }) {
    const budget = (a: number) => epsilonMax - Math.log((a - 1) / a) + (Math.log(delta / 2) + Math.log(a)) / (a - 1);
    const down = (value: number) => formatDecimal(BigInt(Math.floor(value * UNIT)));
    return [down(budget(orders[0])), down(budget(orders[1]))];
  },
  price(event, orders) {
    const sigma = Number((event as { sigma: number }).sigma);
    const at = (order: number) => up(order / (2 * sigma * sigma));
    return { grid: Object.fromEntries([2, 4, 8, 16].map((order) => [String(order), at(order)])), deciding: [at(orders[0]), at(orders[1])] };
  },
  shown(terms, sums) {
    const budgets = this.budgets(terms).map(Number);
    const shown = sums.map((sum) => {
      const shares = budgets.map((budget, k) => (budget > 0 ? Number(sum[k]) / budget : Number.POSITIVE_INFINITY));
      const k = shares[0]! <= shares[1]! ? 0 : 1;
      const used = Number(sum[0]) === 0 ? 0 : terms.epsilonMax - budgets[k]! + Number(sum[k]);
      return { percentUsed: 100 * shares[k]!, epsilonUsed: used, epsilonLeft: Math.max(0, terms.epsilonMax - used) };
    });
    return shown.toSorted((one, other) => other.percentUsed - one.percentUsed)[0]!;
  },
};

/** A site with a ledger, its witnesses and the coordinator's mirror, all in this process. */
export class World {
  readonly disk: MemoryDisk;
  readonly signers = new Map<string, Signer[]>();
  readonly witnesses = new Map<string, Witness>();
  readonly lost = new Set<string>();
  readonly mirror: { lines: Uint8Array[]; down: boolean } = { lines: [], down: false };
  readonly names: readonly SiteName[];
  clock = Date.UTC(2026, 0, 1);
  /** Keys that the site had, and still has. */
  earlier: readonly Signer[] = [];
  /** With a key of the kind that this world reads. */
  readonly officer: Decider;
  ledger: Ledger | undefined;

  constructor(
    witnesses = 3,
    private readonly keys: { signer(): Signer; readonly readKey: KeyReader } = { signer: newSigner, readKey },
  ) {
    this.disk = new MemoryDisk();
    this.names = WITNESSES.slice(0, witnesses);
    this.officer = { role: 'officer', name: 'dpo', signer: keys.signer() };
    for (const site of [SITE, ...this.names]) this.signers.set(site, [keys.signer()]);
    for (const site of this.names) this.openWitness(site);
  }

  keysOf = (site: string): readonly Uint8Array[] => (this.signers.get(site) ?? []).map(({ publicKey }) => publicKey);
  signer(site: string): Signer {
    const signer = this.signers.get(site)?.at(-1);
    if (signer === undefined) throw new TypeError(`${site} is nobody here`);
    return signer;
  }

  /** Another site comes onto the roster. */
  admit(site: string): void {
    this.signers.set(site, [this.keys.signer()]);
    this.openWitness(site);
  }

  openWitness(site: string, disk: LedgerFiles = new MemoryDisk()): void {
    const witness = openWitness({
      consortium: CONSORTIUM,
      site,
      signer: this.signer(site),
      keysOf: (origin) => (origin.startsWith(`${CONSORTIUM}/`) ? this.keysOf(origin.split('/')[1] ?? '') : []),
      readKey: this.keys.readKey,
      store: witnessStore(disk, '/witness'),
      now: () => this.clock,
    });
    this.witnesses.set(site, witness);
  }

  readonly witnessLink: WitnessLink = {
    cosign: (site, request) => {
      const witness = this.lost.has(site) ? undefined : this.witnesses.get(site);
      return witness === undefined ? Promise.reject(new Error('not reached')) : witness.cosign(request);
    },
  };

  readonly mirrorLink: MirrorLink = {
    store: ({ from, lines }) => {
      if (this.mirror.down) return Promise.reject(new Error('no mirror'));
      if (from <= this.mirror.lines.length) this.mirror.lines.splice(from, Number.POSITIVE_INFINITY, ...lines);
      return Promise.resolve(this.mirror.lines.length);
    },
  };

  setup(over: Partial<LedgerSetup> = {}): LedgerSetup {
    return {
      name: { consortium: CONSORTIUM, site: SITE, population: POPULATION },
      place: ledgerPlace('/ledgers', POPULATION),
      files: this.disk,
      accountant: ACCOUNTANT,
      signer: this.signer(SITE),
      earlier: () => Promise.resolve(this.earlier),
      readKey: this.keys.readKey,
      keysOf: this.keysOf,
      witnesses: this.names,
      witnessLink: this.witnessLink,
      mirrorLink: this.mirrorLink,
      now: () => new Date(this.clock),
      timeoutMs: 1000,
      ...over,
    };
  }

  async answers(): Promise<readonly LastSeen[]> {
    const origin = ledgerOrigin({ consortium: CONSORTIUM, site: SITE, population: POPULATION });
    const question = { consortium: CONSORTIUM, origin, nonce: '0'.repeat(64) };
    const answers: LastSeen[] = [];
    for (const site of this.witnesses.keys()) {
      if (this.lost.has(site)) continue;
      const answer = await this.witnesses.get(site)?.lastSeen(question);
      const read = answer && readLastSeen(question, answer, this.keysOf(site), this.keys.readKey);
      if (read !== undefined) answers.push(read);
    }
    return answers;
  }

  /** Opens what is on the disk and compares it with what witnesses and mirror have seen. */
  async start(over: Partial<LedgerSetup> = {}): Promise<Started> {
    const found = await openLedger(this.setup(over));
    const started = await found
      .start(await this.answers(), this.mirror.down ? [] : this.mirror.lines.slice(found.size))
      .catch(async (error: unknown) => {
        await found.close();
        throw error;
      });
    if (started.kind === 'ready') this.ledger = started.ledger;
    else if (started.kind === 'waiting' || started.kind === 'forked') await found.close();
    return started;
  }

  /** Starts, makes the ledger where there is none, fetches what is missing. */
  async open(terms: CreateTerms = TERMS): Promise<Ledger> {
    const started = await this.start();
    if (started.kind === 'ready') return started.ledger;
    if (started.kind === 'none') this.ledger = await started.create(terms);
    else if (started.kind === 'rolled-back') this.ledger = await started.recover(this.mirror.lines.slice(started.size));
    else throw new Error(`start: ${started.kind}`);
    return this.ledger;
  }

  /** A ledger with one approved study. */
  async approved(terms: CreateTerms = TERMS): Promise<Ledger> {
    const ledger = await this.open(terms);
    await ledger.decide({ kind: 'study', action: 'approve', study: STUDY, epsilonLimit: 4, until: '2027-06-30' }, this.officer);
    return ledger;
  }

  /** The process dies: what was not synced may be lost, locks are free. */
  crash(): void {
    this.ledger = undefined;
    this.disk.crash();
  }

  file(): Buffer {
    return this.disk.content('/ledgers/heart.jsonl');
  }
}

export function rounds(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}
