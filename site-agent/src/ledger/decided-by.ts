import { randomBytes, type KeyObject } from 'node:crypto';
import { identitySigner } from '@consilium/identity';
import { signWord, type DecidedBy, type Decision, type LedgerName } from '@consilium/ledger';

const NONCE_BYTES = 16;

/** Who decides: an officer, whose word is signed here and now, or the site by itself. */
export function decidedBy(
  ledger: LedgerName,
  decision: Decision,
  officer: { readonly name: string; readonly key: KeyObject } | undefined,
): DecidedBy {
  if (officer === undefined) return { role: 'site', name: 'identity-key' };
  return signWord(ledger, decision, { name: officer.name, signer: identitySigner(officer.key) }, randomBytes(NONCE_BYTES));
}
