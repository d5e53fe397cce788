import { SiteName, StudyHash, type Statement } from '@consilium/protocol';
import type { Recall, Recollection } from '@consilium/protocol/wire';
import type { Site } from '../study-at-site.js';
import { studyMembers, verifierOf } from '../study-members.js';
import type { StudyAtSite } from '../study-at-site.js';
import { heardOf } from './heard.js';
import { lastAnnounced, type Testimony } from './restored.js';

const NONCE_BYTES = 32;

/**
 * What this site holds from one that asks, signed.
 * @returns undefined for a question that is not well formed
 */
export function recollect(
  site: Pick<Site, 'consortium' | 'name' | 'state' | 'sign'>,
  { study, site: asking, nonce }: Recall,
): Recollection | undefined {
  const hash = StudyHash.safeParse(study).data;
  const of = SiteName.safeParse(asking).data;
  if (hash === undefined || of === undefined || of === site.name || nonce.length !== NONCE_BYTES) return undefined;
  const { block, last } = heardOf(site.state, hash, of);
  const said = { block, last, announced: lastAnnounced(site.state, hash) };
  const { signature } = site.sign('recollection', statementOf(site.consortium, { study: hash, site: site.name, of, nonce, ...said }));
  return { study, site: site.name, of, nonce, ...said, signature };
}

/** @returns undefined where the answer is not to this question, or not signed by a site of the study */
export function readRecollection(at: StudyAtSite, nonce: Uint8Array, answer: Recollection): Testimony | undefined {
  const witness = SiteName.safeParse(answer.site).data;
  if (witness === undefined || witness === at.name || answer.of !== at.name || answer.study !== at.hash || !answer.nonce.equals(nonce))
    return undefined;
  const verify = verifierOf(studyMembers(at.state, at.hash, at.study));
  const statement = statementOf(at.consortium, { ...answer, study: at.hash, site: witness, of: at.name });
  if (!verify('recollection', witness, statement, answer.signature)) return undefined;
  return { witness, block: answer.block, last: answer.last, announced: answer.announced };
}

type Said = Omit<Recollection, 'signature' | 'study' | 'site' | 'of'> & {
  readonly study: StudyHash;
  readonly site: SiteName;
  readonly of: SiteName;
};

function statementOf(consortium: string, { study, site, of, nonce, block, last, announced }: Said): Statement<'recollection'> {
  return { consortium, study, site, of, nonce: nonce.toString('hex'), block: block ?? null, last: last ? { ...last } : null, announced };
}
