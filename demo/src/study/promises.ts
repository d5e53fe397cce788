import type { ResolvedStudy } from '@consilium/protocol';
import { z } from 'zod';
import type { Consortium } from '../consortium/consortium.js';

const Rounds = z.object({
  items: z.array(z.looseObject({ outcome: z.string(), participants: z.array(z.string()), contributors: z.array(z.string()) })),
});
const Roster = z.looseObject({ epoch: z.int(), members: z.array(z.looseObject({ countersigned: z.boolean() })) });
const Egress = z.looseObject({ bytes: z.record(z.string(), z.number()), messages: z.int() });

/** What this run showed of each promise of the product, one plain sentence each. */
export interface Promises {
  readonly rows: string;
  readonly blind: string;
  readonly colluders: string;
  readonly budget: string;
  readonly signatures: string;
  readonly subset: string;
}

const MIB = 2 ** 20;
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

/**
 * Reads what the run left behind: the sites' egress records, the rounds and the roster at the coordinator.
 * @param ledgersVerified - undefined in mode `none`, which keeps no budget
 */
export async function promisesKept(
  consortium: Consortium,
  study: ResolvedStudy,
  hash: string,
  ledgersVerified: boolean | undefined,
): Promise<Promises> {
  const { names } = study.sites;
  const { n, c, t } = study.derived.thresholds;
  const [records, rounds, roster] = await Promise.all([
    Promise.all(names.map(async (name) => Egress.parse(await consortium.site(name, 'egress', 'show')))),
    consortium.api('GET', `/studies/${hash}/rounds`).then((view) => Rounds.parse(view).items),
    consortium.api('GET', '/roster').then((view) => Roster.parse(view)),
  ]);
  const sent = (kind?: string): number =>
    records.reduce(
      (sum, { bytes }) => sum + (kind === undefined ? Object.values(bytes).reduce((a, b) => a + b, 0) : (bytes[kind] ?? 0)),
      0,
    );
  const done = rounds.filter(({ outcome }) => outcome === 'done');
  const fewest = Math.min(...done.map(({ contributors }) => contributors.length));
  const contributions = done.reduce((sum, { contributors }) => sum + contributors.length, 0);
  const countersigned = roster.members.filter((member) => member.countersigned).length;
  return {
    rows: `no row left a hospital: the records of all bytes sent list ${mib(sent())}, ${mib(sent('ciphertext'))} of it ciphertext, the rest keys sealed to sites, signatures and control`,
    blind: `the coordinator added ${contributions} contributions without a key, and cannot reach decryption, training or data: its imports are checked`,
    colluders: `the coordinator and ${c} of ${n} sites together learn nothing of another's update: all were masked, and ${t} sites signed each list before the masks came off its sum`,
    budget: budgetKept(ledgersVerified, n),
    signatures: `${countersigned} of ${roster.members.length} sites countersigned the roster of keys, ${n} of ${n} approved exactly study ${hash.slice(0, 8)}, at least ${t} signed each new model`,
    subset: `all ${done.length} rounds carry the signed list of who contributed: ${fewest === n ? `all ${n} sites in each` : `at least ${fewest} of ${n} sites in each`}`,
  };
}

function budgetKept(ledgersVerified: boolean | undefined, sites: number): string {
  if (ledgersVerified === undefined) return 'none in this mode: no noise, and nothing limits how often these patients are asked about';
  return ledgersVerified
    ? `each of ${sites} hospitals paid in its own ledger before a round saw patients; all ${sites} ledgers verify offline, cosigned by the others`
    : 'a ledger DOES NOT VERIFY';
}
