// A consortium as it is after a long study, written straight into the tables: 50 members and 1,000 rounds, event by event
// as the coordinator stores them, so that its own start folds them. Digests, keys and signatures are random text of the
// right length; nobody checks them again when they are read.
import { randomBytes } from 'node:crypto';
import { ensureConsortium, openDatabase } from '../../../coordinator/dist/src/storage/index.js';
import { resolveStudy, StudyFile, studyHash, studySpecification } from '../../../libs/protocol/dist/index.js';
import { sealParameters } from '../../../libs/sealed-sum/dist/parameters/index.js';

const ROUND_MS = 60_000;
const SEATS = 64;
/** Rows of one statement. */
const ROWS = 5_000;

const hex = (bytes) => randomBytes(bytes).toString('hex');

export function benchStudy(names, rounds) {
  return resolveStudy(
    StudyFile.parse({
      apiVersion: 'consilium/v1',
      kind: 'Study',
      name: 'long-study',
      purpose: 'To measure the API over a long record',
      cohort: {
        name: 'heart',
        outcome: { column: 'y', positive: '> 0' },
        inputs: Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`x${index}`, { range: [0, 1] }])),
        split: { column: 's', train: 'train', test: 'test' },
      },
      model: { type: 'logistic-regression' },
      algorithm: { name: 'fedavg', rounds, localSteps: 1, learningRate: 0.1 },
      privacy: { mode: 'none' },
      sites: { names, roundDeadline: '10m' },
    }),
    sealParameters,
  );
}

/** Totals of a binary outcome that get better round by round. */
function totals(round, sites) {
  const right = 15 + Math.round(20 * (1 - Math.exp(-round / 200)));
  const tenths = Object.fromEntries(
    Array.from({ length: 10 }, (_, bin) => [
      [`calibration.${bin}-${bin}/negatives`, String(sites * (20 - bin))],
      [`calibration.${bin}-${bin}/positives`, String(sites * (10 + bin))],
      [`calibration.${bin}-${bin}/predicted`, String(Math.round(sites * 30 * ((bin + 0.5) / 10) * 2 ** 20))],
    ]).flat(),
  );
  const [tp, fp, tn, fn] = [right, 40 - right, right + 5, 35 - right].map((count) => sites * count);
  const numbers = {
    contributors: sites,
    clamped: 0,
    trainPatients: sites * 200,
    trainLoss: Math.round(sites * 200 * (0.4 + 0.3 * Math.exp(-round / 200)) * 2 ** 20),
    testPatients: sites * 80,
    testLoss: Math.round(sites * 80 * (0.45 + 0.25 * Math.exp(-round / 200)) * 2 ** 20),
    positives: tp + fn,
    negatives: fp + tn,
    rocHalves: Math.round(2 * (tp + fn) * (fp + tn) * (0.6 + 0.25 * (1 - Math.exp(-round / 200)))),
    rocTied: 100,
    correct: tp + tn,
    wrong: fp + fn,
    truePositives: tp,
    falsePositives: fp,
    trueNegatives: tn,
    falseNegatives: fn,
  };
  return { ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])), ...tenths };
}

/** The record of such a study, without gaps: `[seconds after its start, event]`. */
export function* eventsOf(study, hash, rounds) {
  const sites = study.sites.names;
  const [sha, hmac] = [hex(32), hex(32)];
  const signature = hex(64);
  const signedState = (round, attempt) => ({ keyEpoch: 0, round, attempt, stateHmac: hmac, signature });
  const each = (event) => sites.map((site) => event(site));
  const sent = { json: JSON.stringify({ study: hash, decision: 'approve' }), signature };
  yield* each((site) => [0, { type: 'approved', site, approval: sent, release: 'ask', until: null }]);
  yield [1, { type: 'launched', by: 'bench', rosterEpoch: 0 }];
  yield [2, { type: 'keysAsked', keyEpoch: 0, steward: sites[0] }];
  yield* each((site) => [3, { type: 'confirmed', site, keyEpoch: 0, have: 'key', state: signedState(0, 0) }]);
  yield [4, { type: 'keysReady', keyEpoch: 0 }];
  for (let round = 1; round <= rounds; round += 1) {
    const at = 5 + ((round - 1) * ROUND_MS) / 1_000;
    const block = Math.floor((round - 1) / SEATS);
    const seat = (round - 1) % SEATS;
    if (seat === 0) {
      const keys = Array.from({ length: SEATS }, () => hex(32));
      const advert = { roundKeys: keys, commitments: keys, parameters: sha, seed: sha, signature };
      yield [at, { type: 'blockOpened', block, seats: SEATS, sites }];
      yield* each((site) => [at, { type: 'advertised', site, block, advert }]);
      yield [at, { type: 'advertsClosed', block, sites }];
      yield* each((site) => [at, { type: 'shared', site, block, root: { root: sha, signature } }]);
      yield [at, { type: 'sharesClosed', block, sites }];
      yield* each((site) => [at, { type: 'held', site, block }]);
    }
    const place = { round, attempt: 0 };
    const deadline = new Date(Date.now() + 600_000).toISOString();
    yield [at + 1, { type: 'announced', ...place, kind: 'train', block, seat, participants: sites, deadline }];
    yield* each((site) => [at + 20, { type: 'uploaded', site, ...place, bytes: 65_720, sha256: hex(32), signature }]);
    yield [at + 21, { type: 'listClosed', ...place, contributors: sites }];
    yield* each((site) => [at + 22, { type: 'listSigned', site, ...place, signature }]);
    const release = { sealed: hex(200), signature, droppedSha256: sha, proofs: '', proofsSha256: sha };
    yield* each((site) => [at + 23, { type: 'unmasked', site, ...place, release }]);
    yield [at + 24, { type: 'folded', ...place, bytes: 131_128, sha256: hex(32) }];
    yield* each((site) => [at + 25, { type: 'foldSigned', site, ...place, signature }]);
    yield* each((site) => [at + 26, { type: 'agreed', site, state: signedState(round, 0) }]);
    yield [at + 27, { type: 'roundDone', ...place, outOfStep: [] }];
    const shown = totals(round, sites.length);
    yield* each((site) => {
      const statement = { consortium: 'bench', study: hash, site, round, stateHmac: hmac, contributors: sites, totals: shown };
      return [at + 28, { type: 'metricsSigned', site, round, statement: { json: JSON.stringify(statement), signature }, totals: shown }];
    });
  }
}

/**
 * Fills the database of a coordinator that does not run.
 * @returns hash of the long study, and how many events it has
 */
export async function fillCoordinator(directory, { sites, rounds, report }) {
  const opened = await openDatabase({ directory });
  const { db } = opened;
  try {
    const now = new Date();
    await ensureConsortium(db, 'bench', now);
    const names = Array.from({ length: sites }, (_, index) => `site-${String(index + 1).padStart(2, '0')}`);
    await db
      .insertInto('sites')
      .values(
        names.map((name, position) => ({
          name,
          state: 'admitted',
          position,
          identity_key: randomBytes(32),
          sealing_key: randomBytes(1216),
          csr: Buffer.alloc(0),
          agent_version: '0.1.0',
          engine: 'wasm',
          cohorts: JSON.stringify(['heart']),
          last_seen: now,
          invited_at: now,
          admitted_at: now,
        })),
      )
      .execute();
    await db
      .insertInto('certificates')
      .values(
        names.map((site) => ({
          serial: hex(16),
          site,
          fingerprint: hex(32),
          not_after: new Date(now.getTime() + 60 * 86_400_000),
          revoked_at: null,
          used_at: now,
          der: Buffer.alloc(600),
        })),
      )
      .execute();
    const study = benchStudy(names, rounds + 200);
    const specification = studySpecification(study);
    const hash = studyHash(specification);
    const start = now.getTime() - rounds * ROUND_MS - 10_000;
    await db
      .insertInto('studies')
      .values({ hash, name: study.name, specification, proposed_at: new Date(start) })
      .execute();
    let seq = 0;
    let rows = [];
    const flush = async () => {
      if (rows.length > 0) await db.insertInto('study_events').values(rows).execute();
      rows = [];
    };
    for (const [seconds, event] of eventsOf(study, hash, rounds)) {
      seq += 1;
      rows.push({ study: hash, seq, at: new Date(start + seconds * 1_000), event: JSON.stringify(event) });
      if (rows.length >= ROWS) {
        await flush();
        if (seq % 50_000 === 0) report(`${seq} events …`);
      }
    }
    await flush();
    return { hash, events: seq };
  } finally {
    await opened.close();
  }
}
