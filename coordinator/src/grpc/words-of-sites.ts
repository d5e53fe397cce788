import { ConsiliumError, statementJson, type SiteName, type Statement, type StatementKind, type StudyHash } from '@consilium/protocol';
import { verifyStatement } from '@consilium/identity';
import type { SignedStatement } from '../rounds/study-event.js';
import type { StudyState } from '../rounds/study-state.js';
import { isMember } from '../rounds/study-runner.js';

/** A site's Ed25519 identity key (32 bytes) as the roster has it. */
export type IdentityKeyOf = (site: SiteName) => Promise<Buffer>;

/** @throws ConsiliumError STUDY_NOT_YOURS */
export function requireMember(state: StudyState, site: SiteName): void {
  if (isMember(state, site)) return;
  throw new ConsiliumError({
    code: 'STUDY_NOT_YOURS',
    errorClass: 'forbidden',
    message: `The study does not name site ${site}.`,
    fix: 'Ask the researcher to name the site in a new version of the study.',
  });
}

/** Checks the signature of a statement whose fields came apart from each other, and returns it as it is kept. */
export async function checkFields<K extends StatementKind>(
  kind: K,
  statement: Statement<K>,
  signature: Uint8Array,
  site: SiteName,
  keyOf: IdentityKeyOf,
): Promise<SignedStatement> {
  return checkJson(kind, statementJson(kind, statement), signature, site, keyOf).then(({ signed }) => signed);
}

/**
 * Checks a statement that came as canonical JSON: its form, its signature under the roster, and that it speaks for
 * the site that sent it.
 * @throws ConsiliumError SIGNATURE_INVALID
 */
export async function checkJson<K extends StatementKind>(
  kind: K,
  json: Uint8Array,
  signature: Uint8Array,
  site: SiteName,
  keyOf: IdentityKeyOf,
): Promise<{ readonly statement: Statement<K>; readonly signed: SignedStatement }> {
  const statement = verifyStatement(kind, json, signature, await keyOf(site));
  if ('site' in statement && statement.site !== site)
    throw new ConsiliumError({
      code: 'SIGNATURE_INVALID',
      errorClass: 'verification',
      message: `A ${kind} statement speaks for another site than the one that sent it.`,
      fix: 'Nothing was taken in; look at the site that sent it.',
    });
  return { statement, signed: { json: Buffer.from(json).toString('utf8'), signature: Buffer.from(signature).toString('hex') } };
}

/** @throws ConsiliumError WRONG_CONTEXT where a statement was made for another consortium or study */
export function requireContext(
  statement: { readonly consortium: string; readonly study: string },
  consortium: string,
  study: StudyHash,
): void {
  if (statement.consortium === consortium && statement.study === study) return;
  throw new ConsiliumError({
    code: 'WRONG_CONTEXT',
    errorClass: 'verification',
    message: 'A signed statement belongs to another consortium or study.',
    fix: 'Nothing was taken in; look at the site that sent it.',
  });
}
