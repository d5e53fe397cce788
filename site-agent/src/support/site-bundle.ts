import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { certificateLife, fingerprintWords } from '@consilium/identity';
import { rdpAccountant, shownBudget } from '@consilium/ledger';
import { ConsiliumError, PRODUCT_VERSION, PROTOCOL_VERSION, type Json, type SupportFile } from '@consilium/protocol';
import { describeStudy } from '../cli/describe-study.js';
import type { SiteConfig } from '../config/index.js';
import type { Finding } from '../doctor/index.js';
import { egressTotals } from '../egress/index.js';
import { readPopulationLedger } from '../ledger/index.js';
import { ledgersHere } from '../ledger/ledgers-here.js';
import {
  findMembership,
  isAgentRunning,
  listIncidents,
  listStudies,
  newestRoster,
  recordedEngine,
  rosterInForce,
  type SiteState,
} from '../state/index.js';
import { ownFrames } from './own-frames.js';

/** The newest ones say what is wrong now. */
const INCIDENTS = 200;

/**
 * What site IT may send to whoever helps. Each value is picked by its name and has a form that no patient's value, path,
 * label, key or token has: numbers, dates, fixed words, codes, digits of hashes, and the names that this site has told the
 * coordinator already (its own, its cohorts').
 */
export async function siteBundle(state: SiteState, config: SiteConfig, findings: readonly Finding[]): Promise<readonly SupportFile[]> {
  return [
    { name: 'program.json', content: program(state, config) },
    {
      name: 'doctor.json',
      content: findings.map(({ check, group, result, code, who, ms }) => ({
        check: check.split(' ')[0] ?? '',
        group,
        result,
        code,
        who,
        ms,
      })),
    },
    { name: 'settings.json', content: settings(config) },
    { name: 'membership.json', content: membership(state) },
    { name: 'studies.json', content: listStudies(state).map((stored) => study(state, stored)) },
    { name: 'ledgers.json', content: await ledgers(state) },
    { name: 'egress.json', content: await egress(state) },
    { name: 'incidents.json', content: incidents(state) },
  ];
}

function program(state: SiteState, config: SiteConfig): Json {
  const { bavail, bsize, type } = statfsSync(config.state);
  const engine = recordedEngine(state);
  return {
    version: PRODUCT_VERSION,
    protocol: PROTOCOL_VERSION,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    running: isAgentRunning(state.layout.lock),
    engine: engine ? engine.name : null,
    memoryBytes: totalmem(),
    availableBytes: process.availableMemory(),
    stateDisk: { freeBytes: bavail * bsize, type },
  };
}

function settings({
  site,
  policy,
  cohorts,
  populations,
  budgets,
  officers,
  engine,
  threads,
  memoryBytes,
  jobHours,
  keyFiles,
  metrics,
  page,
}: SiteConfig): Json {
  return {
    site,
    cohorts: [...cohorts.values()].map(({ source, public: open }) => ({ type: source.type, public: open })),
    populations: populations.size,
    budgets: [...budgets.values()].map(({ epsilonLimit, delta, witnesses }) => ({
      epsilonLimit,
      delta,
      witnesses: witnesses?.length ?? null,
    })),
    policy: { ...policy, modes: [...policy.modes] },
    officers: officers.length,
    engine,
    threads: threads ?? null,
    memoryBytes: memoryBytes ?? null,
    jobHours: jobHours ?? null,
    allowGroupRead: keyFiles.allowGroupRead,
    metrics: metrics !== undefined,
    page: page !== undefined,
  };
}

function membership(state: SiteState): Json {
  const found = findMembership(state);
  if (found === undefined) return null;
  return {
    joinedAt: found.joinedAt,
    certificateUntil: certificateLife(found.certificatePem).endsAt.toISOString(),
    roster: newestRoster(state)?.epoch ?? null,
    countersigned: rosterInForce(state)?.epoch ?? null,
  };
}

function study(state: SiteState, stored: Parameters<typeof describeStudy>[1]): Json {
  const { data } = describeStudy(state, stored);
  const rounds = state.database.prepare('SELECT max(round) AS last FROM study_state WHERE study = ?').get(stored.hash);
  return {
    study: stored.hash.slice(0, 8),
    receivedAt: data.receivedAt,
    decision: data.decision,
    until: data.until,
    epsilonLimit: data.epsilonLimit,
    pausedBy: data.pausedBy,
    delivered: data.delivered,
    vote: data.vote,
    lastRound: rounds?.['last'] === null ? null : Number(rounds?.['last']),
  };
}

async function ledgers(state: SiteState): Promise<Json> {
  return Promise.all(
    ledgersHere(state.layout).map(async (population, index): Promise<Json> => {
      try {
        const read = await readPopulationLedger(state, population);
        if (!read) return { ledger: index, entries: 0 };
        const { held, epsilonMax, delta, frozen } = shownBudget(read.state, rdpAccountant());
        return {
          ledger: index,
          entries: read.size,
          head: fingerprintWords(read.root),
          epsilonMax,
          delta,
          frozen,
          percentUsed: held.percentUsed,
        };
      } catch (error) {
        return { ledger: index, code: error instanceof ConsiliumError ? error.code : 'INTERNAL' };
      }
    }),
  );
}

async function egress(state: SiteState): Promise<Json> {
  const { bytes, atMost, messages, unreadable, since, until } = await egressTotals(state.layout.egress);
  return { bytes, atMost, messages, unreadable, since, until };
}

/** A code is a word of a fixed list; the words of an incident stay where they are. */
function incidents(state: SiteState): Json {
  return listIncidents(state, INCIDENTS).map(({ id, at, study: of, round, code, detail }) => ({
    incident: id,
    at,
    study: of?.slice(0, 8) ?? null,
    round: round ?? null,
    code: /^[A-Z_]{2,40}$/.test(code) ? code : 'OTHER',
    places: ownFrames(detail),
  }));
}
