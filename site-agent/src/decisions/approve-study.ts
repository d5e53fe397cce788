import type { KeyObject } from 'node:crypto';
import { epsilonText, shownEpsilon } from '@consilium/privacy';
import { ConsiliumError, EpsilonText, type ResolvedStudy, type Statement } from '@consilium/protocol';
import {
  checkDecision,
  checkStudyRules,
  plannedEpsilon,
  readStoredStudy,
  requireOfficerKey,
  sendDecision,
  signDecision,
  type Decision,
} from '../approval/index.js';
import { chargedPopulation } from '../ledger/index.js';
import { findApproval, type StoredStudy } from '../state/index.js';
import { keptForLater } from './kept-for-later.js';
import type { MemberWork } from './member-work.js';

/** What an officer wishes, as it was typed. */
export interface ApprovalWish {
  readonly epsilonLimit?: string | undefined;
  readonly until?: string | undefined;
  readonly release?: string | undefined;
  readonly reason?: string | undefined;
  /** Of an officer; needed where `site.yaml` names officers. */
  readonly key?: KeyObject | undefined;
}

type Limits = Pick<Decision, 'release' | 'until' | 'epsilonLimit'>;

/** What was signed. */
export interface GivenApproval {
  readonly study: ResolvedStudy;
  readonly limits: Limits;
  readonly statement: Statement<'approval'>;
  readonly warnings: readonly string[];
  readonly delivered: boolean;
}

/**
 * Checks a study against this site's rules and data, lets somebody confirm it, signs the approval over its exact hash,
 * and sends it. The same for the command and for the page.
 * @param confirmed - told of the warnings; what it throws ends everything before anything is signed
 * @throws ConsiliumError INVALID_EPSILON, INVALID_DATE, RELEASE_RULE, EPSILON_*, OFFICER_KEY_NEEDED, OFFICER_UNKNOWN, what
 *   `checkStudyRules` throws; with the decision kept, what the coordinator answered
 */
export async function approveStudy(
  { state, config, keys, connection }: MemberWork,
  stored: StoredStudy,
  wish: ApprovalWish,
  confirmed: (study: ResolvedStudy, warnings: readonly string[]) => void | Promise<void>,
  signal: AbortSignal,
): Promise<GivenApproval> {
  const study = readStoredStudy(stored);
  const limits = limitsOf(wish, study);
  checkDecision(study, limits, new Date());
  const officer = requireOfficerKey(wish.key, config.officers);
  const warnings = await checkStudyRules(state, config, study);
  await confirmed(study, warnings);
  const decision: Decision = { study: stored.hash, decision: 'approve', ...limits, reason: wish.reason ?? null };
  const population = chargedPopulation(study, config);
  const statement = signDecision(state, { site: keys, officer, population }, decision, new Date());
  await sendDecision(state, connection, stored.hash, { signal }).catch(keptForLater);
  return { study, limits, statement, warnings, delivered: findApproval(state, stored.hash)?.sentAt !== null };
}

function limitsOf(wish: ApprovalWish, study: ResolvedStudy): Limits {
  return { release: releaseOf(wish.release), until: dayOf(wish.until), epsilonLimit: epsilonOf(wish.epsilonLimit, study) };
}

const refuse = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'usage', message, fix });

/** @throws ConsiliumError INVALID_EPSILON, EPSILON_WITHOUT_NOISE, EPSILON_ABOVE_LIMIT */
function epsilonOf(text: string | undefined, study: ResolvedStudy): string | null {
  if (text === undefined) return null;
  const parsed = EpsilonText.safeParse(text);
  if (!parsed.success)
    throw refuse(
      'INVALID_EPSILON',
      '--epsilon-limit is not an epsilon.',
      'Give a decimal number above 0 and at most 1000, such as 4 or 0.5.',
    );
  if (study.privacy.mode === 'none')
    throw refuse(
      'EPSILON_WITHOUT_NOISE',
      'A study of mode none has no epsilon that could be limited.',
      'Leave out --epsilon-limit, or ask for a study with noise.',
    );
  const price = plannedEpsilon(study);
  if (price > Number(parsed.data))
    throw refuse(
      'EPSILON_ABOVE_LIMIT',
      `If it runs as planned the study costs one patient epsilon ${epsilonText(shownEpsilon(price))}, more than the limit ${parsed.data}: this site would take part in no step.`,
      'Give a higher --epsilon-limit, or ask the researcher for a study with more noise or fewer rounds.',
    );
  return parsed.data;
}

function releaseOf(text = 'ask'): 'ask' | 'in-advance' {
  if (text === 'ask' || text === 'in-advance') return text;
  throw refuse('USAGE', '--release is "ask" or "in-advance".', 'Give one of the two, or leave it out.');
}

function dayOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const day = new Date(`${text}T00:00:00.000Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return text;
  throw refuse('INVALID_DATE', '--until is not a day.', 'Give it as YYYY-MM-DD.');
}
