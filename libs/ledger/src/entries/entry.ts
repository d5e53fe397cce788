import { CohortName, PopulationName, SiteName, StudyHash, type Json } from '@consilium/protocol';
import { z } from 'zod';
import { Decimal, NonNegativeDecimal } from '../decimal.js';
import { DecidedBy, DECISIONS } from './decision.js';
import { hex32, hex64, label, limitValue } from './forms.js';

/** The most rounds that one block reserves (PROTOCOL.md section 7). */
export const BLOCK_ROUNDS = 50;

const count = z.int().min(0).max(0x7fff_ffff);
const order = z.int().min(2).max(1_000_000);
const pair = z.tuple([NonNegativeDecimal, NonNegativeDecimal]);

/** Ascending, so that a list of rounds has one spelling. */
const rounds = z
  .array(count)
  .min(1)
  .max(BLOCK_ROUNDS)
  .refine((list) => list.every((round, index) => index === 0 || round > (list[index - 1] ?? round)), 'ascending, each once');

/**
 * On whose patients a round draws: training and evaluation patients are split for ever, so each has a sum of its own
 * (PROTOCOL.md section 6).
 */
export const Purpose = z.enum(['training', 'evaluation']);
export type Purpose = z.infer<typeof Purpose>;
export const PURPOSES = Purpose.options;

/** Rounds of one study by purpose. */
const roundsByPurpose = z.strictObject({ purpose: Purpose, rounds });
const each = <T extends z.ZodType<{ purpose: Purpose }>>(item: T) =>
  z
    .array(item)
    .min(1)
    .max(2)
    .refine(
      (items) => items.length < 2 || (items[0]?.purpose === 'training' && items[1]?.purpose === 'evaluation'),
      'training, then evaluation',
    );

/** The sums at the two deciding orders after an entry: all that is held (reserved or spent), and what of it is spent. */
const purposeSums = z.strictObject({ held: pair, spent: pair });
export const Sums = z.strictObject({ training: purposeSums, evaluation: purposeSums });
export type Sums = z.infer<typeof Sums>;

/** An event as data, which the accountant reads; nested no deeper than a composition of mechanisms needs. */
const eventOf = (depth: number): z.ZodType<Json> => {
  const plain = z.union([z.string().max(200), z.number(), z.boolean(), z.null()]);
  if (depth === 0) return plain;
  const inner = eventOf(depth - 1);
  return z.union([plain, z.array(inner).max(64), z.record(z.string().max(40), inner)]);
};
const event = eventOf(6);

const reserveItem = z.strictObject({
  purpose: Purpose,
  /** What happens in one of the rounds. */
  event,
  accountant: label,
  rounds,
  /** Of one round: at the accountant's grid of orders, and at the ledger's two. */
  grid: z.record(z.string().regex(/^\d{1,4}(?:\.\d{1,6})?$/), NonNegativeDecimal),
  deciding: pair,
});
export type ReserveItem = z.infer<typeof reserveItem>;

/** "I did not and will not release round r", signed by a site of the study. */
const abortCertificate = z.strictObject({
  /** Sites of the study, Shamir threshold, colluding sites tolerated. */
  n: count,
  t: count,
  c: count,
  signatures: z.array(z.strictObject({ site: SiteName, signature: hex64 })).max(1000),
});
export type AbortCertificate = z.infer<typeof abortCertificate>;

const CREATE = {
  kind: z.literal('create'),
  consortium: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
  site: SiteName,
  population: PopulationName,
  /** The identity key that signs from here on. */
  key: hex32,
  /** n̂: the public, rounded number of patients. */
  publicSize: z
    .int()
    .min(20)
    .max(1_000_000_000)
    .refine((size) => String(size).slice(2).replaceAll('0', '') === '', 'two significant digits'),
  /** Fixed for ever, as are the orders. A double: canonical JSON has one spelling for it. */
  delta: z.number().gt(0).lt(1),
  /** Whether the site's policy explicitly takes a delta above min(1e-5, 1/(10·n̂)). */
  largerDelta: z.boolean(),
  epsilonMax: limitValue,
  /** The two deciding orders, fixed for ever. */
  orders: z.tuple([order, order]),
  /** B_k at these orders, rounded down. */
  budgets: z.tuple([Decimal, Decimal]),
  accountant: label,
  witnesses: z.array(SiteName).max(1000),
  quorum: count,
};

/** What an entry says, by kind. */
const BODIES = [
  CREATE,
  {
    kind: z.literal('reserve'),
    study: StudyHash,
    cohort: CohortName,
    items: each(reserveItem),
    after: Sums,
  },
  /** At the first upload of a round, before its first byte: from there on it is spent, whatever comes of it. */
  {
    kind: z.literal('spend'),
    study: StudyHash,
    round: count,
    attempt: count,
    purposes: z
      .array(Purpose)
      .min(1)
      .max(2)
      .refine((list) => list.length < 2 || (list[0] === 'training' && list[1] === 'evaluation'), 'training, then evaluation'),
    after: Sums,
  },
  /** Rounds in which the site uploaded in no attempt; or one round whose abort certificate it holds. */
  {
    kind: z.literal('return'),
    study: StudyHash,
    items: each(roundsByPurpose),
    why: z.enum(['not-uploaded', 'aborted']),
    certificate: abortCertificate.nullable(),
    after: Sums,
  },
  /** Reserved rounds that count as spent because the site cannot know that it never uploaded in them. */
  { kind: z.literal('write-off'), study: StudyHash, items: each(roundsByPurpose), why: z.enum(['state-restored']), after: Sums },
  { ...DECISIONS.limit, budgets: z.tuple([Decimal, Decimal]), by: DecidedBy },
  { ...DECISIONS.freeze, by: DecidedBy },
  { ...DECISIONS.unfreeze, by: DecidedBy },
  /** `quorum`: of all witnesses from here on; the quorums of the smaller sets stay needed. */
  { ...DECISIONS.witnesses, quorum: count, by: DecidedBy },
  /** The line has two signatures: of the key until now and of the new one. */
  { kind: z.literal('rotate'), key: hex32 },
  /** Something that a later reader should know, from a fixed list: lines are read outside the site. */
  { kind: z.literal('note'), about: z.enum(['torn-line-dropped', 'tail-fetched']), entries: count },
  { ...DECISIONS.study, by: DecidedBy },
] as const;

/** Where an entry stands: its number from 0, the leaf hash of the line before (zeros at 0), and a time that informs. */
const HEADER = { index: count, previous: hex32, at: z.iso.datetime() };

const [create, reserve, spend, giveBack, writeOff, limit, freeze, unfreeze, witnesses, rotate, note, study] = BODIES;

/** One entry, with the place where it stands. */
export const Entry = z.discriminatedUnion('kind', [
  z.strictObject({ ...HEADER, ...create }),
  z.strictObject({ ...HEADER, ...reserve }),
  z.strictObject({ ...HEADER, ...spend }),
  z.strictObject({ ...HEADER, ...giveBack }),
  z.strictObject({ ...HEADER, ...writeOff }),
  z.strictObject({ ...HEADER, ...limit }),
  z.strictObject({ ...HEADER, ...freeze }),
  z.strictObject({ ...HEADER, ...unfreeze }),
  z.strictObject({ ...HEADER, ...witnesses }),
  z.strictObject({ ...HEADER, ...rotate }),
  z.strictObject({ ...HEADER, ...note }),
  z.strictObject({ ...HEADER, ...study }),
]);
export type Entry = z.infer<typeof Entry>;
export type EntryKind = Entry['kind'];
export type EntryOf<K extends EntryKind> = Extract<Entry, { kind: K }>;

/** What an entry says, without the place where it stands. */
export type EntryBody = EntryKind extends infer K ? (K extends EntryKind ? Omit<EntryOf<K>, 'index' | 'previous' | 'at'> : never) : never;
