import { fingerprintWords } from '@consilium/identity';
import { deciderWords, decisionWords } from '@consilium/ledger';
import type { ResolvedStudy, SiteName, StudyHash } from '@consilium/protocol';
import { epsilonDown, epsilonLimit, epsilonOfRounds, epsilonUp, type BudgetRecord, type HeldRound } from '../budgets/index.js';
import type { MirroredLedger } from '../ledgers/index.js';
import type { DpoReport, ReportedPopulation, ReportedStudy } from './dpo-report.js';
import { NOT_ATTESTED, privacyCard } from './privacy-card.js';
import { recordOfProcessing } from './record-of-processing.js';

/** Days, both included, UTC. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

export interface DpoFacts {
  readonly consortium: string;
  readonly site: SiteName;
  readonly period: Period;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly ledgers: readonly { readonly ledger: MirroredLedger; readonly record: BudgetRecord }[];
  readonly studies: ReadonlyMap<string, ResolvedStudy>;
}

/**
 * The report of one site over a period. Pure. Times are those of the entries, which the site wrote; what is spent is
 * rounded up, what is left down. What was given back before the report was made is no longer in it.
 */
export function writeDpoReport({ consortium, site, period, createdAt, createdBy, ledgers, studies }: DpoFacts): DpoReport {
  const populations = ledgers.map(({ ledger, record }) => reportedPopulation(ledger, record, period, studies));
  const used = new Set(populations.flatMap((one) => one.studies.map(({ hash }) => hash as string)));
  return {
    schema: 'consilium/dpo-report/v1',
    title: `Record of processing, ${site}, ${period.from} to ${period.to}`,
    consortium,
    site,
    ...period,
    createdAt: createdAt.toISOString(),
    createdBy,
    record: [
      ...recordOfProcessing({
        consortium,
        site,
        populations: populations.map(({ population }) => population),
        studies: [...studies].filter(([hash]) => used.has(hash)).map(([, study]) => study),
      }),
    ],
    populations,
    privacyCard: privacyCard(populations),
    notAttested: [...NOT_ATTESTED],
  };
}

function reportedPopulation(
  { state, size, root, cosigned, note }: MirroredLedger,
  record: BudgetRecord,
  { from, to }: Period,
  studies: ReadonlyMap<string, ResolvedStudy>,
): ReportedPopulation {
  const day = (at: string): string => at.slice(0, 10);
  const before = record.points.findLast(({ at }) => day(at) < from);
  const now = record.points.findLast(({ at }) => day(at) <= to);
  const decided = state.decisions.filter(({ at }) => day(at) <= to);
  const frozen = decided.findLast(({ decision }) => decision.kind === 'freeze' || decision.kind === 'unfreeze')?.decision.kind === 'freeze';
  return {
    population: note.population,
    delta: state.terms.delta,
    unit: 'patient',
    limit: epsilonLimit(now?.limit ?? state.terms.epsilonMax),
    spentBefore: epsilonUp(before?.spent ?? 0),
    spent: epsilonUp(now?.spent ?? 0),
    reserved: epsilonUp((now?.held ?? 0) - (now?.spent ?? 0)),
    left: epsilonDown(now?.left ?? state.terms.epsilonMax),
    frozen,
    studies: [...state.studies].flatMap(([hash, { status }]) => {
      const known = decided.some(({ decision }) => decision.kind === 'study' && decision.study === hash);
      const rounds = [...record.rounds.values()].filter((one) => one.study === hash);
      return known || rounds.length > 0
        ? [reportedStudy(hash as StudyHash, status, rounds, state.terms.delta, { from, to }, studies.get(hash))]
        : [];
    }),
    decisions: decided
      .filter(({ at }) => day(at) >= from)
      .map(({ index, at, decision, by }) => ({ entry: index, at, what: decisionWords(decision), by: deciderWords(by) })),
    ledger: {
      entries: size,
      root: root.toString('hex'),
      headWords: fingerprintWords(root),
      cosigned,
      lastEntry: now?.entry ?? null,
    },
  };
}

function reportedStudy(
  hash: StudyHash,
  status: string,
  rounds: readonly HeldRound[],
  delta: number,
  { from, to }: Period,
  study: ResolvedStudy | undefined,
): ReportedStudy {
  const dayOf = ({ spentAt }: HeldRound): string => (spentAt ?? '').slice(0, 10);
  const spent = rounds.filter((one) => one.spentBy !== undefined && dayOf(one) <= to);
  const inPeriod = spent.filter((one) => dayOf(one) >= from);
  const entries = inPeriod.flatMap(({ spentBy }) => spentBy ?? []);
  return {
    hash,
    name: study?.name ?? null,
    purpose: study?.purpose ?? null,
    status,
    releases: { inPeriod: inPeriod.length, inAll: spent.length, reserved: rounds.length - spent.length },
    epsilonInPeriod: epsilonUp(epsilonOfRounds(inPeriod, delta)),
    epsilonInAll: epsilonUp(epsilonOfRounds(spent, delta)),
    entries: entries.length === 0 ? null : { first: Math.min(...entries), last: Math.max(...entries) },
  };
}
