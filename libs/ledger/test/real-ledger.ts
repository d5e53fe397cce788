import { rdpAccountant } from '../src/rdp-accountant.js';
import { ledgerPlace } from '../src/store/ledger-place.js';
import { COHORT, OFFICER, POPULATION, rounds, SITE, STUDY, TERMS, World } from './world.js';

export interface RealLedger {
  readonly site: string;
  readonly population: string;
  readonly file: Buffer;
  readonly checkpoint: Buffer;
  readonly roster: {
    readonly epoch: number;
    readonly words: string;
    readonly members: readonly {
      readonly site: string;
      readonly words: string;
      readonly countersigned: boolean;
      readonly identityKeys: readonly string[];
    }[];
  };
}

const training = {
  kind: 'integerGaussian' as const,
  adjacency: 'patient' as const,
  q: { numerator: 104_858, bits: 20 },
  V: Math.ceil((4 * 4096) ** 2 / 2),
  S: 4096,
  d: 20,
  m: 3,
  c: 1,
  steps: 1,
};

/** A ledger as a site keeps it: approved by an officer, reserved and partly spent, cosigned by witnesses. */
export async function realLedger(): Promise<RealLedger> {
  const world = new World();
  const started = await world.start({ accountant: rdpAccountant() });
  if (started.kind !== 'none') throw new Error(started.kind);
  const ledger = await started.create(TERMS);
  await ledger.decide({ kind: 'study', action: 'approve', study: STUDY, epsilonLimit: null, until: null }, OFFICER);
  const items = [{ purpose: 'training' as const, event: training, rounds: rounds(0, 20) }];
  const reservation = await ledger.reserve({ study: STUDY, cohort: COHORT, items });
  for (const round of rounds(0, 10)) await ledger.spend(reservation, { round, attempt: 0, purposes: ['training'] });
  await ledger.publish();
  const members = [SITE, ...world.names].map((site) => ({
    site,
    words: 'one two three four five six seven eight',
    countersigned: true,
    identityKeys: world.keysOf(site).map((key) => Buffer.from(key).toString('hex')),
  }));
  return {
    site: SITE,
    population: POPULATION,
    file: world.file(),
    checkpoint: world.disk.content(ledgerPlace('/ledgers', POPULATION).checkpoint),
    roster: { epoch: 1, words: 'one two three four five six seven eight', members },
  };
}

/** The same with one digit of one entry changed: the signature of that entry no longer holds. */
export function tampered(file: Buffer, line: number): Buffer {
  const lines = file.toString('utf8').split('\n');
  lines[line - 1] = (lines[line - 1] ?? '').replace(
    /"at":"2026-01-0(\d)/,
    (_, digit: string) => `"at":"2026-01-0${digit === '1' ? '2' : '1'}`,
  );
  return Buffer.from(lines.join('\n'));
}
