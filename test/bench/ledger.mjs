// The budget ledger of one population: what a durable entry costs, what a usable reserve costs, and how fast a file is
// verified. Real files with fsync under the temporary folder; the witnesses are in this process, with files of their own.
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ledgerPlace,
  NODE_FILES,
  openLedger,
  openWitness,
  rdpAccountant,
  verifyLedger,
  witnessStore,
} from '../../libs/ledger/dist/index.js';

const CONSORTIUM = 'bench';
const SITE = 'st-elsewhere';
const WITNESSES = ['cleveland', 'hungary', 'zurich'];
const STUDY = 'a'.repeat(64);
const DESK = { role: 'site', name: 'identity-key' };
const TERMS = { publicSize: 300, delta: 1e-5, largerDelta: false, epsilonMax: 900 };
const EVENT = {
  kind: 'integerGaussian',
  adjacency: 'patient',
  q: { numerator: 1, bits: 10 },
  V: 2 ** 30,
  S: 4096,
  d: 20,
  m: 3,
  c: 1,
  steps: 1,
};
const BLOCK = 50;

const accountant = rdpAccountant();
const keys = new Map([SITE, ...WITNESSES].map((site) => [site, keyPair()]));
const keysOf = (site) => (keys.has(site) ? [keys.get(site).publicKey] : []);
const readers = new Map();

function keyPair() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'), sign: (bytes) => sign(null, bytes, privateKey) };
}

function readKey(publicKey) {
  const x = Buffer.from(publicKey).toString('base64url');
  if (!readers.has(x)) readers.set(x, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }));
  return (bytes, signature) => verify(null, bytes, readers.get(x), signature);
}

/** Keeps everything in memory: to make long files quickly. */
function memoryFiles() {
  const files = new Map();
  return {
    content: (path) => Buffer.concat(files.get(path) ?? []),
    read: async (path) => (files.has(path) ? Buffer.concat(files.get(path)) : undefined),
    open: async (path) => {
      const pieces = [];
      files.set(path, pieces);
      return {
        write: async (bytes) => pieces.push(Buffer.from(bytes)) && bytes.length,
        sync: async () => {},
        truncate: async () => {},
        close: async () => {},
      };
    },
    replace: async (path, bytes) => void files.set(path, [Buffer.from(bytes)]),
    lock: async () => async () => {},
  };
}

async function newLedger(files, folder) {
  const witnesses = new Map();
  for (const site of WITNESSES) {
    const own = join(folder, site);
    if (files === NODE_FILES) await mkdir(own, { mode: 0o700 });
    const store = witnessStore(files, own);
    witnesses.set(
      site,
      openWitness({ consortium: CONSORTIUM, site, signer: keys.get(site), keysOf: () => keysOf(SITE), readKey, store, now: Date.now }),
    );
  }
  const place = ledgerPlace(folder, 'heart');
  const found = await openLedger({
    name: { consortium: CONSORTIUM, site: SITE, population: 'heart' },
    place,
    files,
    accountant,
    signer: keys.get(SITE),
    earlier: () => Promise.resolve([]),
    readKey,
    keysOf,
    witnesses: WITNESSES,
    witnessLink: { cosign: (site, request) => witnesses.get(site).cosign(request) },
    mirrorLink: { store: async ({ from, lines }) => from + lines.length },
    now: () => new Date(),
    timeoutMs: 10_000,
  });
  const started = await found.start(
    WITNESSES.map((site) => ({ site, note: null })),
    [],
  );
  const ledger = await started.create(TERMS);
  await ledger.decide({ kind: 'study', action: 'approve', study: STUDY, epsilonLimit: null, until: null }, DESK);
  return { ledger, place };
}

/** Reserves blocks and spends every round, until so many entries are written. */
async function fill(ledger, entries, timed = { reserve: [], spend: [] }) {
  const time = async (into, work) => {
    const start = performance.now();
    const result = await work();
    into.push(performance.now() - start);
    return result;
  };
  for (let first = 0; ledger.size < entries; first += BLOCK) {
    const rounds = Array.from({ length: BLOCK }, (_, index) => first + index);
    const reservation = await time(timed.reserve, () =>
      ledger.reserve({ study: STUDY, cohort: 'heart', items: [{ purpose: 'training', event: EVENT, rounds }] }),
    );
    for (const round of rounds) await time(timed.spend, () => ledger.spend(reservation, { round, attempt: 0, purposes: ['training'] }));
  }
  return timed;
}

const at = (values, share) => values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))];
const rounded = (value, digits = 2) => Number(value.toFixed(digits));

export async function bench({ full, report }) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-ledger-'));
  const durable = full ? 20_000 : 5_000;
  const verified = full ? 100_000 : 20_000;
  try {
    report(`writing ${durable} entries with fsync …`);
    const { ledger, place } = await newLedger(NODE_FILES, folder);
    const started = performance.now();
    const { reserve, spend } = await fill(ledger, durable);
    const seconds = (performance.now() - started) / 1000;
    await ledger.close();
    const opening = performance.now();
    const reopened = verifyLedger(await NODE_FILES.read(place.lines), { keysOf, readKey, accountant });
    if (!reopened.ok) throw new Error(reopened.detail);
    report(`${durable} verified in ${Math.round(performance.now() - opening)} ms; making ${verified} entries in memory …`);

    const memory = memoryFiles();
    const long = await newLedger(memory, '/bench');
    await fill(long.ledger, verified);
    const file = memory.content(long.place.lines);
    const { text: checkpoint } = await long.ledger.publish();
    report(`verifying ${verified} entries, ${(file.length / 1e6).toFixed(0)} MB …`);
    const start = performance.now();
    const verdict = verifyLedger(file, { keysOf, readKey, accountant, checkpoint });
    const verifySeconds = (performance.now() - start) / 1000;
    if (!verdict.ok) throw new Error(verdict.detail);
    const per100k = (verifySeconds * 100_000) / verified;
    return [
      { figure: 'entriesPerSecond', value: Math.round(durable / seconds), unit: '/s', note: 'durable, one after the other' },
      { figure: 'spendMedianMs', value: rounded(at(spend, 0.5)), unit: 'ms', note: 'append, fsync' },
      { figure: 'spendP99Ms', value: rounded(at(spend, 0.99)), unit: 'ms' },
      {
        figure: 'reserveMedianMs',
        value: rounded(at(reserve, 0.5)),
        unit: 'ms',
        note: `usable: ${WITNESSES.length} witnesses here, each with its own fsync`,
      },
      { figure: 'reserveP99Ms', value: rounded(at(reserve, 0.99)), unit: 'ms' },
      {
        figure: 'verifySecondsPer100k',
        value: rounded(per100k),
        unit: 's',
        goal: { met: per100k < 10, text: '< 10 s' },
        note: `${verified} entries, ${rounded(file.length / verified, 0)} bytes each`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
