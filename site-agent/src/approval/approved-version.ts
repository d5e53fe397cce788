import type { StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import { findApproval, findStudy, listStudies, type SiteState } from '../state/index.js';

const Named = z.object({ name: z.string() });

function nameOf(specification: Uint8Array): string | undefined {
  try {
    return Named.safeParse(JSON.parse(Buffer.from(specification).toString('utf8'))).data?.name;
  } catch {
    return undefined;
  }
}

/**
 * Another version of a study, by its name, whose approval stands at this site: the last one that was approved. An
 * approval never carries over to another hash; this is what APPROVAL_STALE names.
 */
export function approvedVersion(state: SiteState, hash: StudyHash): StudyHash | undefined {
  const stored = findStudy(state, hash);
  const name = stored && nameOf(stored.specification);
  if (name === undefined) return undefined;
  const approved = listStudies(state).flatMap((other) => {
    const approval = other.hash === hash || nameOf(other.specification) !== name ? undefined : findApproval(state, other.hash);
    return approval?.statement.decision === 'approve' ? [approval] : [];
  });
  return approved.sort((one, other) => (one.decidedAt < other.decidedAt ? 1 : -1))[0]?.study;
}
