import { z } from 'zod';

const text = (max: number) => z.string().max(max);
const decimal = z.string().regex(/^\d{1,9}(?:\.\d{1,9})?$/);
const duration = z.string().regex(/^\d{1,9}$/, 'whole seconds');
const number = z.string().regex(/^\d{1,15}$/);
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/, 'RFC 3339, UTC');
const name = z.string().regex(/^[A-Za-z0-9_.:/=-]{1,80}$/, 'letters, digits and _ . : / = -');

/**
 * Every reason that may leave a site, with the only fields that may go with it (UX.md section 2). Values are names
 * that the study itself declares, or numbers about the machine: never free text, counts of patients, or paths.
 */
export const REFUSAL_FIELDS = {
  NOT_APPROVED: {},
  APPROVAL_STALE: { approved: name, current: name },
  APPROVAL_ENDED: { why: z.enum(['withdrawn', 'expired']) },
  PAUSED: { by: z.enum(['site', 'officer', 'consortium']) },
  POLICY_MODE: { mode: name },
  POLICY_MIN_SITES: { need: number },
  POLICY_DELTA: { max: name },
  PUBLIC_SIZE: {},
  /** `missing`: no file of this hash; `form`: it is not a file of weights of this model. */
  WEIGHTS: { sha256: name, why: z.enum(['missing', 'form']) },
  COHORT_UNKNOWN: { cohort: name },
  COHORT_SCHEMA: { column: text(80), expected: name },
  COHORT_RANGE: { column: text(80) },
  COHORT_TOO_SMALL: {},
  DATA_UNREADABLE: {},
  DATA_CHANGED: {},
  RESOURCES: { what: z.enum(['memory', 'disk', 'gpu']) },
  ENGINE_UNSUPPORTED: { op: name },
  /** When the site's own hours begin again. */
  OUTSIDE_HOURS: { opens: instant },
  /** How far the site's clock is off, whole seconds, and whether it is ahead of the coordinator's or behind. */
  CLOCK_SKEW: { seconds: duration, direction: z.enum(['ahead', 'behind']) },
  VERSION_TOO_OLD: { have: name, need: name },
  /** `have` is `none` at a site that was away when the first keys went round. */
  KEY_EPOCH: { have: z.union([number, z.literal('none')]), need: number },
  SUM_CHECK: {},
  OUT_OF_STEP: {},
  TOO_LATE: {},
  NOT_FINITE: { tensor: name, step: number },
  TRAINING_KILLED: { signal: name },
  WEIGHT_TOO_LARGE: {},
  SHADOW_NOT_PUBLIC: {},
  /** The newest roster that the site has countersigned; `none` before it confirmed its first. */
  ROSTER: { epoch: z.union([number, z.literal('none')]) },
  /** The box of a site that was announced as having shared. */
  SHARE_MISSING: { from: name },
  /** What a site shared or released is not what it signed for. */
  SHARE_INVALID: { from: name },
  /** The released shares do not open the sum as they are. */
  PROOFS_NEEDED: {},
  SEAT_USED: {},
  RELEASED: {},
  STATE_RESTORED: {},
  /** `missing`: names, with commas between them, cut where there are many. */
  WITNESSES: { missing: text(200) },
  /** The site keeps no budget that a study over this population may use, or its ledger has other witnesses. */
  POLICY_BUDGET: { population: name, why: z.enum(['limit', 'witnesses']) },
  /** Another cohort of the site shares patients with this population and counts them in another ledger; which one stays there. */
  POPULATION_OVERLAP: { population: name },
  /** Epsilon as ledgers show it, with the round that was asked for, and the site's limit. */
  BUDGET_EXHAUSTED: { population: name, wouldReach: decimal, limit: decimal },
  LEDGER_INVALID: { population: name },
  /** `known`: entries that others have seen. */
  LEDGER_ROLLED_BACK: { population: name, known: number },
  /** As with WITNESSES. */
  WITNESS_QUORUM: { missing: text(200) },
  /** Of a site that has not proved that it reserved what the rounds of a block cost. */
  RESERVE_EVIDENCE: {
    from: name,
    why: z.enum(['missing', 'form', 'owner', 'not-in-tree', 'not-a-reserve', 'event', 'witnesses', 'quorum', 'rounds']),
  },
  /** The site bound itself never to release this round: its price went back. */
  ROUND_ABORTED: {},
  DISK_FULL: {},
  INTERNAL: {},
} as const satisfies Record<string, Record<string, z.ZodType<string>>>;

export type RefusalCode = keyof typeof REFUSAL_FIELDS;

/** What a person reads for each code, and who can act. `{field}` is filled from the refusal's fields. */
export const REFUSAL_SENTENCES: Record<RefusalCode, { readonly what: string; readonly fix: string }> = {
  NOT_APPROVED: { what: 'The site has not approved this study.', fix: 'An officer at the site signs: consilium-site study approve HASH.' },
  APPROVAL_STALE: {
    what: 'The approval is for another version of the specification ({approved}, asked for {current}).',
    fix: 'An officer at the site reviews and approves the new version.',
  },
  APPROVAL_ENDED: {
    what: 'The approval has ended ({why}).',
    fix: 'An officer at the site approves again, or the study goes on without the site.',
  },
  PAUSED: {
    what: 'The site has paused its part in this study, or its population is frozen (by: {by}).',
    fix: 'At the site: consilium-site study resume HASH, or consilium-site ledger unfreeze POPULATION, with the key of an officer where one decided it; or the study goes on without the site.',
  },
  POLICY_MODE: {
    what: 'Privacy mode {mode} is not allowed by the site.',
    fix: 'Use a mode that the site allows, or ask the site to change policy.modes.',
  },
  POLICY_MIN_SITES: {
    what: 'The site takes part only in studies that never go below {need} sites.',
    fix: 'Raise sites.minSites in the study.',
  },
  POLICY_DELTA: {
    what: 'The site takes part only in studies with a delta of at most {max}.',
    fix: 'Lower privacy.delta in the study, or ask the site to raise policy.deltaMax.',
  },
  PUBLIC_SIZE: {
    what: 'The public size of the site in the study (sites.publicSizes) is not the one that it gives.',
    fix: 'Ask the site for it (consilium-site cohort check prints it), and propose the study again.',
  },
  WEIGHTS: {
    what: 'The site cannot start from the weights that the study names ({why}; SHA-256 {sha256}).',
    fix: 'Site IT puts the file into the folder that site.yaml names under weights; where it is there, the study names another file or another model.',
  },
  COHORT_UNKNOWN: {
    what: 'Cohort {cohort} is not offered at the site.',
    fix: 'Site IT adds it to site.yaml, or the study names another cohort.',
  },
  COHORT_SCHEMA: {
    what: 'The schema differs: column {column} is missing or is not {expected}.',
    fix: 'Site IT runs consilium-site cohort check at the site.',
  },
  COHORT_RANGE: {
    what: 'Column {column} holds values outside what the study declares.',
    fix: 'Site IT runs consilium-site cohort check at the site.',
  },
  COHORT_TOO_SMALL: {
    what: 'The cohort is too small: smaller than the site allows.',
    fix: 'Leave the site out, or ask the site to lower policy.minPatients.',
  },
  DATA_UNREADABLE: { what: 'The site cannot read its data.', fix: 'Site IT looks up the incident at the site.' },
  DATA_CHANGED: {
    what: 'The data changed since the study was launched.',
    fix: 'Site IT puts the files back, or a new study uses the new data.',
  },
  RESOURCES: { what: 'The site lacks {what} for this study.', fix: 'Site IT raises resources in site.yaml, or the model gets smaller.' },
  ENGINE_UNSUPPORTED: { what: "The site's engine cannot run {op}.", fix: 'Use another layer, or another engine at the site.' },
  OUTSIDE_HOURS: {
    what: 'The site begins rounds only in its own hours; they begin again at {opens}.',
    fix: 'Nobody has to: it takes part again from then on. Site IT can change resources.hours in site.yaml.',
  },
  CLOCK_SKEW: {
    what: 'The clock differs by {seconds}: that of the site is {direction}.',
    fix: 'Site IT lets the machine follow a time server (timedatectl status); the site takes part again by itself.',
  },
  VERSION_TOO_OLD: { what: 'The agent speaks version {have}; {need} is needed.', fix: 'Site IT updates consilium-site.' },
  KEY_EPOCH: { what: 'The site holds keys of epoch {have}; {need} was asked for.', fix: 'The coordinator starts a new key epoch.' },
  SUM_CHECK: { what: 'The decrypted sum did not pass its check.', fix: 'The round is repeated; the state has not changed.' },
  OUT_OF_STEP: { what: "The site's state differs from the agreed one.", fix: 'Site IT looks up the incident at the site.' },
  TOO_LATE: { what: 'The upload came after the round was closed.', fix: 'Nothing to do; the site takes part in the next round.' },
  NOT_FINITE: {
    what: 'Training gave a number that is not finite (tensor {tensor}, step {step}).',
    fix: 'Lower the learning rate, or look for extreme values at the site.',
  },
  TRAINING_KILLED: {
    what: 'The training process ended by signal {signal}, often lack of memory.',
    fix: 'Site IT looks up the incident at the site.',
  },
  WEIGHT_TOO_LARGE: {
    what: 'The site has more patients than algorithm.maxWeight allows.',
    fix: 'Raise algorithm.maxWeight in a new version of the study.',
  },
  SHADOW_NOT_PUBLIC: {
    what: 'The agent keeps plain integers (--shadow), which only public cohorts allow.',
    fix: 'Site IT starts the agent without --shadow.',
  },
  ROSTER: {
    what: 'The newest roster that the site has countersigned (epoch {epoch}) does not hold the keys that the study needs.',
    fix: 'Site IT compares the words and countersigns: consilium-site roster show, then consilium-site roster countersign.',
  },
  SHARE_MISSING: {
    what: 'The sealed shares of {from} did not reach the site.',
    fix: 'A new block of seats is made; look at the agent of {from}.',
  },
  SHARE_INVALID: {
    what: 'What {from} shared or released is not what it signed for.',
    fix: 'Shares of other sites are used where enough are in; look at the agent of {from}.',
  },
  PROOFS_NEEDED: {
    what: 'Some released share is wrong; the site asks for the proofs that say whose.',
    fix: 'Nobody has to: the coordinator hands the proofs on, and the site goes on with the other shares.',
  },
  SEAT_USED: {
    what: 'The site has used these one-time keys for another attempt.',
    fix: 'The coordinator may have been restored from a backup: it opens a new block of seats.',
  },
  RELEASED: {
    what: 'The site has released shares for another list over the same state, and does so once.',
    fix: 'The round is completed or repeated with the same contributors, or the study is stopped.',
  },
  STATE_RESTORED: {
    what: 'The state of the site was restored from an older copy: it no longer knows what it signed.',
    fix: 'It takes part again from a round and a block of seats that nobody has seen yet; site IT looks at how its disk came back.',
  },
  WITNESSES: {
    what: 'The site has started and waits for the word of others on what it signed before: {missing}.',
    fix: 'Bring those sites back; the site goes on by itself.',
  },
  POLICY_BUDGET: {
    what: 'The site keeps no privacy budget of population {population} for this study ({why}).',
    fix: 'Site IT sets populations.{population}.privacy in site.yaml; where a site of the study is not among the witnesses of the ledger, an officer adds it: consilium-site ledger witnesses {population} --add SITE --key FILE.',
  },
  POPULATION_OVERLAP: {
    what: 'Patients of population {population} are also in another population of the site, which would count them a second time.',
    fix: 'Site IT runs consilium-site cohort check, and puts both cohorts into one population or declares populations.{population}.overlaps in site.yaml.',
  },
  BUDGET_EXHAUSTED: {
    what: 'The budget would be exceeded: the round would bring population {population} to epsilon {wouldReach}; the limit of the site is {limit}.',
    fix: 'Ask the officer of the site to raise the limit there, or run fewer rounds; what was spent stays spent.',
  },
  LEDGER_INVALID: {
    what: 'The budget ledger of population {population} does not hold.',
    fix: 'Site IT looks up the incident; the file is evidence and stays as it is.',
  },
  LEDGER_ROLLED_BACK: {
    what: 'The budget ledger of population {population} is older than what others have seen ({known} entries).',
    fix: 'The agent fetches what is missing from the mirror; until then it takes part in nothing over this population.',
  },
  WITNESS_QUORUM: {
    what: 'The budget ledger of the site waits for its witnesses: {missing}.',
    fix: 'Bring those sites back; the site goes on by itself.',
  },
  RESERVE_EVIDENCE: {
    what: 'Site {from} has not proved that its budget ledger holds what these rounds cost ({why}).',
    fix: 'It is left out until it does: at {from}, consilium-site ledger verify, and look whether its witnesses are connected.',
  },
  ROUND_ABORTED: {
    what: 'The site has signed that it never releases this round; the price of the round went back to its patients.',
    fix: 'Nothing to do: the round is over. Propose the study again under another name to go on.',
  },
  DISK_FULL: { what: 'There is not enough disk at the site for its state.', fix: 'Site IT frees space under the state directory.' },
  INTERNAL: { what: 'The site met an error of its own.', fix: 'Site IT looks up the incident at the site.' },
};

/** A refusal whose code and fields are on the list: the only form that leaves a site or enters the coordinator. */
export interface SiteRefusal {
  readonly code: RefusalCode;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Checks a code and its fields against the list. Fields that the list does not name are dropped, not passed on;
 * an unknown code or a field of the wrong form becomes `INTERNAL`, so that nothing unforeseen is ever shown.
 */
export function parseRefusal(code: string, fields: Readonly<Record<string, string>>): SiteRefusal {
  if (!Object.hasOwn(REFUSAL_FIELDS, code)) return { code: 'INTERNAL', fields: {} };
  const known = code as RefusalCode;
  const kept: Record<string, string> = {};
  for (const [field, schema] of Object.entries(REFUSAL_FIELDS[known])) {
    const parsed = schema.safeParse(fields[field]);
    if (!parsed.success) return { code: 'INTERNAL', fields: {} };
    kept[field] = parsed.data;
  }
  return { code: known, fields: kept };
}

/** The sentence and the next step for a person. */
export function explainRefusal(refusal: SiteRefusal): { readonly what: string; readonly fix: string } {
  const { what, fix } = REFUSAL_SENTENCES[refusal.code];
  const spoken = (field: string, value: string) => (field === 'seconds' ? spokenDuration(Number(value)) : value);
  const filled = (sentence: string) => sentence.replace(/\{(\w+)\}/g, (_, field: string) => spoken(field, refusal.fields[field] ?? field));
  return { what: filled(what), fix: filled(fix) };
}

const UNITS = [
  [172_800, 86_400, 'days'],
  [3_600, 3_600, 'h'],
  [60, 60, 'min'],
] as const;

/** The largest unit that fits, rounded: `2 h`, `5 min`, `40 s`. */
function spokenDuration(seconds: number): string {
  const unit = UNITS.find(([least]) => seconds >= least);
  return unit ? `${Math.round(seconds / unit[1])} ${unit[2]}` : `${seconds} s`;
}
