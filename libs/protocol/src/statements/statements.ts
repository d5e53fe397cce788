import { z } from 'zod';
import { canonicalJson, type Json } from '../canonical-json.js';
import { SiteName, StudyHash } from '../names.js';

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits');
const count = z.int().min(0);
const decimal = z.string().regex(/^-?\d{1,20}$/);

/** Where a statement belongs: the same words mean nothing in another consortium, study, round or attempt. */
const roundContext = { consortium: z.string(), study: StudyHash, site: SiteName, keyEpoch: count, round: count, attempt: count };

/**
 * An epsilon as people write it: decimal text, above 0 and at most 1000, six places at most. Text, because it is signed
 * and compared by people; never NaN, an infinity or an exponent (field case PRV-3).
 */
export const EpsilonText = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,3})(?:\.\d{1,6})?$/, 'a decimal number such as 4 or 0.5')
  .refine((text) => Number(text) > 0 && Number(text) <= 1_000, 'above 0, at most 1000');

/** A person's word beside the site's, by one of the keys under `officers:` in `site.yaml`. */
const OfficerSignature = z.strictObject({ key: hex32, signature: z.string().regex(/^[0-9a-f]{128}$/, '128 hex digits') });

/** What an officer decides on a study. The officer signs these very terms, the site signs them with the officer's signature. */
const approvalTerms = {
  consortium: z.string(),
  study: StudyHash,
  site: SiteName,
  decision: z.enum(['approve', 'withdraw']),
  release: z.enum(['ask', 'in-advance']),
  /** Last day (UTC) on which it counts. */
  until: z.iso.date().nullable(),
  /** The site takes part only as long as the study costs no more. */
  epsilonLimit: EpsilonText.nullable(),
  agentVersion: z.string(),
  signedAt: z.iso.datetime(),
};

/** A site's part in a study rests, or goes on; the approval stands meanwhile. */
const pauseTerms = {
  consortium: z.string(),
  study: StudyHash,
  site: SiteName,
  decision: z.enum(['pause', 'resume']),
  signedAt: z.iso.datetime(),
};

/** Where a block of seats belongs. */
const blockContext = { consortium: z.string(), study: StudyHash, keyEpoch: count, block: count };

/**
 * Everything that a site signs with its Ed25519 identity key, and its officers with theirs, by kind. The signed bytes are
 * `consilium/v1/<kind>\n` followed by the statement's canonical JSON, so that no statement can pass for another.
 */
export const STATEMENTS = {
  join: z.strictObject({ site: z.string(), csr: hex32, identityKey: hex32, sealingKey: hex32 }),
  /** A person at the site has compared the words of all who are new in this roster (PROTOCOL.md section 2). */
  roster: z.strictObject({ consortium: z.string(), epoch: count, rosterHash: hex32, site: SiteName }),
  approval: z.strictObject({ ...approvalTerms, officer: OfficerSignature.nullable() }),
  officerApproval: z.strictObject(approvalTerms),
  pause: z.strictObject({ ...pauseTerms, by: z.enum(['site', 'officer']), officer: OfficerSignature.nullable() }),
  officerPause: z.strictObject(pauseTerms),
  box: z.strictObject({ consortium: z.string(), study: StudyHash, keyEpoch: count, from: SiteName, to: SiteName, sha256: hex32 }),
  /** Step 1: the fresh keys of a block; `seats` is SHA-256 over all round keys, then all commitments; `seed` commits to a part of the graph's seed; `reserve` is SHA-256 of the evidence, where the mode needs one. */
  advert: z.strictObject({ ...blockContext, site: SiteName, seats: hex32, parameters: hex32, seed: hex32, reserve: hex32.nullable() }),
  /** Step 2: `root` is the Merkle root of all shares of the block, `members` stands for the names of U1. */
  shares: z.strictObject({ ...blockContext, site: SiteName, root: hex32, members: hex32 }),
  shareBox: z.strictObject({ ...blockContext, from: SiteName, to: SiteName, sha256: hex32 }),
  /** Step 5: `transcript` is T, `root` the hash of the contributors' list. */
  list: z.strictObject({ ...roundContext, transcript: hex32, root: hex32 }),
  /** Step 6: `sha256` is `unmaskDigest` of what is sealed for the sites and of the shares for the coordinator. */
  unmask: z.strictObject({ ...roundContext, root: hex32, sha256: hex32 }),
  /** Step 7. */
  fold: z.strictObject({ ...roundContext, root: hex32, bytes: count, sha256: hex32 }),
  upload: z.strictObject({ ...roundContext, bytes: count, sha256: hex32 }),
  state: z.strictObject({ ...roundContext, stateHmac: z.union([hex32, z.literal('SUM_CHECK')]) }),
  /** What a site holds from another one, in answer to its question (section 4, "Start of a session"). */
  recollection: z.strictObject({
    consortium: z.string(),
    study: StudyHash,
    site: SiteName,
    of: SiteName,
    nonce: hex32,
    block: count.nullable(),
    last: z.strictObject({ round: count, attempt: count, step: count }).nullable(),
    announced: count,
  }),
  metrics: z.strictObject({
    consortium: z.string(),
    study: StudyHash,
    site: SiteName,
    round: count,
    stateHmac: hex32,
    contributors: z.array(SiteName),
    /** Totals over all contributors; null where a cell is below the floor. */
    totals: z.record(z.string(), decimal.nullable()),
  }),
  release: z.strictObject({
    consortium: z.string(),
    study: StudyHash,
    site: SiteName,
    round: count,
    stateHmac: hex32,
    bundleHmac: hex32,
    vote: z.enum(['yes', 'no']),
  }),
  bundle: z.strictObject({ consortium: z.string(), study: StudyHash, site: SiteName, sha256: hex32 }),
} as const;

export type StatementKind = keyof typeof STATEMENTS;
export type Statement<K extends StatementKind> = z.infer<(typeof STATEMENTS)[K]>;

/** The canonical JSON of a statement: what travels beside the signature. @throws z.ZodError for a wrong form */
export function statementJson<K extends StatementKind>(kind: K, statement: Statement<K>): Buffer {
  return canonicalJson(STATEMENTS[kind].parse(statement) as Json);
}

/** The bytes that are signed for a statement. */
export function signedBytes(kind: StatementKind, json: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`consilium/v1/${kind}\n`, 'utf8'), json]);
}
