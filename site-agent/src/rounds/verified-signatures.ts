import { createHash } from 'node:crypto';
import { statementJson } from '@consilium/protocol';
import type { SiteState } from '../state/index.js';
import { verifierOf, type StudyMembers, type VerifyStatement } from './study-members.js';

const SIGNATURE_BYTES = 64;
/** Enough for the contributors of a few attempts. */
const MOST = 2_048;

const valid = new WeakMap<SiteState, Set<string>>();

/**
 * A verifier that remembers, for as long as the state is open, which signatures were valid: the four steps of an attempt
 * that look at one and the same list check each upload's signature once. What was not valid is checked again.
 */
export function rememberingVerifier(state: SiteState, members: StudyMembers): VerifyStatement {
  const verify = verifierOf(members);
  const known = valid.get(state) ?? new Set<string>();
  valid.set(state, known);
  return (kind, site, statement, signature) => {
    if (signature.length !== SIGNATURE_BYTES) return false;
    const hash = createHash('sha256')
      .update(kind)
      .update(members.get(site)?.identityKey ?? site);
    const key = hash.update(signature).update(statementJson(kind, statement)).digest('base64');
    if (known.has(key)) return true;
    if (!verify(kind, site, statement, signature)) return false;
    known.add(key);
    for (const oldest of known) {
      if (known.size <= MOST) break;
      known.delete(oldest);
    }
    return true;
  };
}
