import { afterStudy, ifAllOthersCollude, newLedger, odds, plannedEvents, rdpEpsilon, type LedgerUse } from '@consilium/privacy';
import { forPlanner } from '@consilium/ledger';
import { studyDiff, type ResolvedStudy, type StudyChange, type StudyHash } from '@consilium/protocol';
import { stringify } from 'yaml';
import { approvedVersion, plannedEpsilon, readStoredStudy, studySummary, type SummaryPart } from '../approval/index.js';
import { describeStudy, type StudyDescription } from '../cli/describe-study.js';
import type { SiteConfig } from '../config/index.js';
import { chargedPopulation, readPopulationLedger } from '../ledger/index.js';
import { findStudy, type SiteState, type StoredStudy } from '../state/index.js';
import { lineDiff, type DiffLine } from './line-diff.js';

/** What the study costs one patient, foreseen here and by nobody else's word. */
export interface EpsilonForecast {
  /** If it runs as planned, by Rényi divergences: what approvals go by. */
  readonly promise: number;
  readonly oddsSentence: string;
  /** If every other site colludes with the coordinator. */
  readonly ifAllOthersCollude: number;
  readonly population: string | undefined;
  /** Of the population's ledger, over all studies; undefined where the study draws on none. */
  readonly use: LedgerUse | undefined;
}

/** Everything that an officer reads before signing. */
export interface StudyReview {
  readonly hash: StudyHash;
  readonly study: ResolvedStudy;
  readonly where: StudyDescription;
  readonly summary: readonly SummaryPart[];
  /** Undefined in mode none, which promises nothing. */
  readonly forecast: EpsilonForecast | undefined;
  /** Against the version that was approved last, or the one that was asked for. */
  readonly diff:
    | {
        readonly from: StudyHash;
        /** Whether that is the version which this site approved last. */
        readonly isApproved: boolean;
        readonly changes: readonly StudyChange[];
        readonly lines: readonly DiffLine[];
      }
    | undefined;
}

/** @param other - another version to compare with @throws ConsiliumError STUDY_ALTERED, INVALID_STUDY, LEDGER_INVALID */
export async function reviewStudy(state: SiteState, config: SiteConfig, stored: StoredStudy, other?: StoredStudy): Promise<StudyReview> {
  const study = readStoredStudy(stored);
  const approved = approvedVersion(state, stored.hash);
  const before = other ?? (approved && findStudy(state, approved));
  return {
    hash: stored.hash,
    study,
    where: describeStudy(state, stored),
    summary: studySummary(stored.hash, study),
    forecast: await forecastOf(state, config, study),
    diff: before && { ...diffOf(before, study), isApproved: before.hash === approved },
  };
}

function diffOf(before: StoredStudy, study: ResolvedStudy): Omit<NonNullable<StudyReview['diff']>, 'isApproved'> {
  const old = readStoredStudy(before);
  return { from: before.hash, changes: studyDiff(old, study), lines: lineDiff(written(old), written(study)) };
}

/** The study as YAML, without what follows from it. */
function written(study: ResolvedStudy): readonly string[] {
  const file = Object.fromEntries(Object.entries(study).filter(([name]) => name !== 'derived'));
  return stringify(file, { lineWidth: 0 }).trimEnd().split('\n');
}

async function forecastOf(state: SiteState, config: SiteConfig, study: ResolvedStudy): Promise<EpsilonForecast | undefined> {
  if (study.privacy.mode === 'none') return undefined;
  const { delta } = study.privacy;
  const promise = plannedEpsilon(study);
  const { training, evaluation } = plannedEvents(study);
  const alone = [training, evaluation].flatMap((event) => (event === undefined ? [] : [rdpEpsilon(ifAllOthersCollude(event), delta)]));
  const population = chargedPopulation(study, config);
  const read = population && (await readPopulationLedger(state, population));
  const budget = population === undefined ? undefined : config.budgets.get(population);
  const ledger = read ? forPlanner(read.state) : budget && newLedger(`population ${population ?? ''}`, budget.epsilonLimit, budget.delta);
  return {
    promise,
    oddsSentence: odds(promise).sentence,
    ifAllOthersCollude: Math.max(promise, ...alone),
    population,
    use: ledger && afterStudy(study, ledger),
  };
}
