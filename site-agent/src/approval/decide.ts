import { signStatement, type SiteKeys } from '@consilium/identity';
import type { Decision as LedgerDecision } from '@consilium/ledger';
import {
  ConsiliumError,
  PRODUCT_VERSION,
  type PopulationName,
  type ResolvedStudy,
  type Statement,
  type StudyHash,
} from '@consilium/protocol';
import { readMembership, saveApproval, savePause, type SiteState } from '../state/index.js';
import { queueDecision } from '../ledger/decision-queue.js';
import { decidedBy } from '../ledger/decided-by.js';
import { officerApproval, officerPause, type SigningOfficer } from './officer-word.js';

/** What an officer decided. */
export interface Decision {
  readonly study: StudyHash;
  readonly decision: 'approve' | 'withdraw';
  readonly release: 'ask' | 'in-advance';
  /** Last day (UTC) on which the approval counts; null without end. */
  readonly until: string | null;
  /** Decimal text; null without a limit of its own. */
  readonly epsilonLimit: string | null;
  /** For this site alone: it is kept beside the decision, and goes nowhere. */
  readonly reason?: string | null;
}

/** Who signs: the site always, an officer where there is a key. */
export interface Signers {
  readonly site: Pick<SiteKeys, 'identityKey'>;
  readonly officer?: SigningOfficer | undefined;
  /** Whose budget the study draws on: the decision is entered in its ledger too. None for a study that counts no patients. */
  readonly population?: PopulationName | undefined;
}

/** Signs a decision, the officer first and the site over the officer's word, and keeps it; it counts here from here on. */
export function signDecision(
  state: SiteState,
  signers: Signers,
  { reason = null, ...decision }: Decision,
  now: Date,
): Statement<'approval'> {
  const {
    site: { identityKey },
    officer,
  } = signers;
  const { consortium, site } = readMembership(state);
  const terms = { consortium, site, ...decision, agentVersion: PRODUCT_VERSION, signedAt: now.toISOString() };
  const statement = { ...terms, officer: officer ? officerApproval(terms, officer.key) : null };
  const { signature } = signStatement('approval', statement, identityKey);
  const { study, decision: action, epsilonLimit, until } = decision;
  state.transaction(() => {
    saveApproval(state, statement, signature, reason);
    enterInLedger(state, signers, { action, study, epsilonLimit: epsilonLimit === null ? null : Number(epsilonLimit), until }, now);
  });
  return statement;
}

/** Signs that the site's part in a study rests, or goes on, and keeps it; it counts here from the next step on. */
export function signPause(
  state: SiteState,
  signers: Signers,
  { study, decision }: Pick<Statement<'pause'>, 'study' | 'decision'>,
  now: Date,
): Statement<'pause'> {
  const {
    site: { identityKey },
    officer,
  } = signers;
  const { consortium, site } = readMembership(state);
  const terms = { consortium, site, study, decision, signedAt: now.toISOString() };
  const statement: Statement<'pause'> = {
    ...terms,
    by: officer ? 'officer' : 'site',
    officer: officer ? officerPause(terms, officer.key) : null,
  };
  const { signature } = signStatement('pause', statement, identityKey);
  state.transaction(() => {
    savePause(state, statement, signature);
    enterInLedger(state, signers, { action: decision, study, epsilonLimit: null, until: null }, now);
  });
  return statement;
}

type OnStudy = Omit<Extract<LedgerDecision, { kind: 'study' }>, 'kind'>;

/** The same decision for the ledger, in the words that an officer signs there. */
function enterInLedger(state: SiteState, { officer, population }: Signers, onStudy: OnStudy, now: Date): void {
  if (population === undefined) return;
  const { consortium, site } = readMembership(state);
  const decision: LedgerDecision = { kind: 'study', ...onStudy };
  queueDecision(state, population, decision, decidedBy({ consortium, site, population }, decision, officer), now);
}

/** @throws ConsiliumError RELEASE_RULE where the study has another release rule, INVALID_DATE for a day that has passed */
export function checkDecision(study: ResolvedStudy, { release, until }: Pick<Decision, 'release' | 'until'>, now: Date): void {
  if (release === 'in-advance' && study.release.when !== 'approved-in-advance')
    throw new ConsiliumError({
      code: 'RELEASE_RULE',
      errorClass: 'usage',
      message: `The study's release rule is "${study.release.when}", so a release cannot be approved in advance.`,
      fix: 'Leave out --release in-advance; vote at the end with: consilium-site study release HASH',
    });
  if (until !== null && until < now.toISOString().slice(0, 10))
    throw new ConsiliumError({
      code: 'INVALID_DATE',
      errorClass: 'usage',
      message: 'The last day of the approval has passed.',
      fix: 'Give --until a day that is to come, as YYYY-MM-DD.',
    });
}
