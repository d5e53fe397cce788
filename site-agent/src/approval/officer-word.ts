import type { KeyObject } from 'node:crypto';
import { officerPublicKey, signStatement, verifyStatement } from '@consilium/identity';
import { ConsiliumError, statementJson, type Statement } from '@consilium/protocol';
import type { Officer } from '../config/index.js';
import { siteRefused } from '../rounds/site-refused.js';

type Approval = Statement<'approval'>;
type Pause = Statement<'pause'>;
type OfficerSignature = NonNullable<Approval['officer']>;

/** An officer of this site with the key at hand. */
export interface SigningOfficer {
  /** As `site.yaml` has it. */
  readonly name: string;
  readonly key: KeyObject;
}

/** Signs what an officer has read: the very terms that the site signs after it. */
export function officerApproval(terms: Omit<Approval, 'officer'>, key: KeyObject): OfficerSignature {
  return word('officerApproval', terms, key);
}

export function officerPause(terms: Omit<Pause, 'by' | 'officer'>, key: KeyObject): OfficerSignature {
  return word('officerPause', terms, key);
}

function word<K extends 'officerApproval' | 'officerPause'>(kind: K, terms: Statement<K>, key: KeyObject): OfficerSignature {
  const { signature } = signStatement(kind, terms, key);
  return { key: officerPublicKey(key).toString('hex'), signature: signature.toString('hex') };
}

/**
 * Checks an approval as often as it is relied on: where `site.yaml` names officers, one of them has signed these very
 * terms. Whoever altered a limit, the study or the day afterwards, here or elsewhere, made a forgery.
 * @throws SiteRefused NOT_APPROVED
 */
export function checkOfficer(statement: Approval, officers: readonly Officer[]): void {
  if (officers.length === 0) return;
  const { officer, ...terms } = statement;
  if (!officer) throw siteRefused('NOT_APPROVED', {}, new Error('no officer has signed this approval, and site.yaml names officers'));
  const known = officers.find(({ publicKey }) => publicKey.toString('hex') === officer.key);
  if (!known) throw siteRefused('NOT_APPROVED', {}, new Error('the approval is signed by a key that is not under officers in site.yaml'));
  try {
    verifyStatement('officerApproval', statementJson('officerApproval', terms), Buffer.from(officer.signature, 'hex'), known.publicKey);
  } catch (cause) {
    throw siteRefused('NOT_APPROVED', {}, cause);
  }
}

/**
 * The officer's key that signs a decision which needs one.
 * @param key - as given with `--key`
 * @throws ConsiliumError OFFICER_KEY_NEEDED, OFFICER_UNKNOWN
 */
export function requireOfficerKey(key: KeyObject | undefined, officers: readonly Officer[]): SigningOfficer | undefined {
  if (key === undefined) {
    if (officers.length === 0) return undefined;
    throw new ConsiliumError({
      code: 'OFFICER_KEY_NEEDED',
      errorClass: 'forbidden',
      message: 'At this site that needs the signature of an officer.',
      fix: 'Give the key of one of the officers in site.yaml: --key FILE',
    });
  }
  return knownOfficerKey(key, officers);
}

/** @throws ConsiliumError OFFICER_UNKNOWN for a key whose public half is not under `officers:` */
export function knownOfficerKey(key: KeyObject, officers: readonly Officer[]): SigningOfficer {
  const own = officerPublicKey(key);
  const officer = officers.find(({ publicKey }) => publicKey.equals(own));
  if (officer) return { name: officer.name, key };
  throw new ConsiliumError({
    code: 'OFFICER_UNKNOWN',
    errorClass: 'forbidden',
    message: 'That key is not the key of an officer of this site.',
    fix: 'Site IT adds its .pub file under officers in site.yaml, after comparing the eight words with the officer.',
  });
}
