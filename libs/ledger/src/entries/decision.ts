import { SiteName, StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { hex16, hex32, hex64, label, limitValue } from './forms.js';

/** What people decide on a ledger, by kind: the fields of an entry that are somebody's word, and not derived from it. */
export const DECISIONS = {
  limit: { kind: z.literal('limit'), epsilonMax: limitValue },
  freeze: { kind: z.literal('freeze') },
  unfreeze: { kind: z.literal('unfreeze') },
  /** Sites that cosign from here on as well. None is ever taken out. */
  witnesses: { kind: z.literal('witnesses'), add: z.array(SiteName).min(1).max(100) },
  study: {
    kind: z.literal('study'),
    action: z.enum(['approve', 'withdraw', 'pause', 'resume', 'expire']),
    study: StudyHash,
    /** The officer's limit on the study's own epsilon, and its end date; null where none was set. Only `approve` has them. */
    epsilonLimit: limitValue.nullable(),
    until: z.iso.date().nullable(),
  },
} as const;

/** A decision before it is an entry. */
export const Decision = z.discriminatedUnion('kind', [
  z.strictObject(DECISIONS.limit),
  z.strictObject(DECISIONS.freeze),
  z.strictObject(DECISIONS.unfreeze),
  z.strictObject(DECISIONS.witnesses),
  z.strictObject(DECISIONS.study),
]);
export type Decision = z.infer<typeof Decision>;

/** Of a request of the coordinator to a ledger, from 1. A ledger enters it only above the last one that it entered. */
export const RequestNumber = z.int().min(1).max(0x7fff_ffff);

/**
 * Who decided. An officer by a key of their own, with a signature over the decision that anybody can check, and a nonce
 * so that one word is entered once; the site itself, by its identity key alone; the coordinator, which may only tighten,
 * for somebody whom it names, under a number that grows from request to request; the agent, which acts on an approval's
 * end date.
 */
export const DecidedBy = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('officer'), name: label, key: hex32, nonce: hex16, signature: hex64 }),
  z.strictObject({ role: z.literal('coordinator'), name: label, request: RequestNumber }),
  z.strictObject({ role: z.enum(['site', 'agent']), name: label }),
]);
export type DecidedBy = z.infer<typeof DecidedBy>;
export type CoordinatorWord = Extract<DecidedBy, { role: 'coordinator' }>;
export type OfficerWord = Extract<DecidedBy, { role: 'officer' }>;

/** The decision in an entry that holds one. */
export function decisionIn(entry: Decision): Decision {
  switch (entry.kind) {
    case 'limit':
      return { kind: entry.kind, epsilonMax: entry.epsilonMax };
    case 'freeze':
    case 'unfreeze':
      return { kind: entry.kind };
    case 'witnesses':
      return { kind: entry.kind, add: [...entry.add] };
    case 'study': {
      const { kind, action, study, epsilonLimit, until } = entry;
      return { kind, action, study, epsilonLimit, until };
    }
  }
}
