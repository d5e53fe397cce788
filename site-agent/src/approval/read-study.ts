import { ConsiliumError, printable, readSpecification, sha256Hex, type ResolvedStudy, type StudyHash } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import type { StoredStudy } from '../state/index.js';

/** Each step of a round enters its study anew; what bytes of one hash resolve to stays the same. */
const MOST = 16;
const resolved = new Map<StudyHash, ResolvedStudy>();

function resolveOnce(hash: StudyHash, specification: Uint8Array): ResolvedStudy {
  const study = resolved.get(hash) ?? readSpecification(specification, sealParameters);
  resolved.delete(hash);
  resolved.set(hash, study);
  for (const oldest of [...resolved.keys()].slice(0, -MOST)) resolved.delete(oldest);
  return study;
}

/**
 * The study behind stored bytes: they have its hash, and every derived value is computed again here and compared.
 * @throws ConsiliumError STUDY_ALTERED, INVALID_STUDY; exit 6
 */
export function readStoredStudy({ hash, specification }: Pick<StoredStudy, 'hash' | 'specification'>): ResolvedStudy {
  if (sha256Hex(specification) !== hash)
    throw new ConsiliumError({
      code: 'STUDY_ALTERED',
      errorClass: 'verification',
      message: `What this site has stored as study ${hash.slice(0, 8)} is not what that hash stands for.`,
      fix: 'Find out who changed the state directory; restore it from a backup, or have the study proposed under another name.',
    });
  try {
    return resolveOnce(hash, specification);
  } catch (error) {
    // A study that this version cannot even resolve is as little to be trusted as one that differs.
    if (error instanceof ConsiliumError && error.code === 'INVALID_STUDY') throw error;
    throw unrunnable(error);
  }
}

/** Names the fields that are wrong, as the study's own checks would have (field case PRV-3). */
function unrunnable(cause: unknown): ConsiliumError {
  const known = cause instanceof ConsiliumError ? cause : undefined;
  const problems = (known?.problems ?? []).map(({ path, detail }) => ({ path: printable(path), detail: printable(detail) }));
  const [first] = problems;
  const why = first ? `: ${first.path}: ${first.detail}` : known ? `: ${printable(known.message)}` : '';
  return new ConsiliumError({
    code: 'INVALID_STUDY',
    errorClass: 'verification',
    message: `The study specification is not one that this version can run${why.replace(/\.$/, '')}.`,
    fix: 'Ask the researcher to check it (consilium study check) and to propose it again.',
    problems,
    cause,
  });
}
