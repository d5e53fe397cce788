import { ledgerPlace, NODE_FILES, type Accountant, type Ledger, type Signer } from '@consilium/ledger';
import { readIdentityKey } from '@consilium/identity';
import type { PopulationName, SiteName, StudyHash } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import type { Connection } from '../connection/index.js';
import { earlierKeys } from '../keys/index.js';
import { studyOutcome } from '../rounds/end-study.js';
import { makePrivateDirectory, rosterInForce, type SiteState } from '../state/index.js';
import { settle } from './end-of-study.js';
import { mirrorOf } from './mirror.js';
import { watchedFiles, type LedgerObserver } from './ledger-observer.js';
import { markRecovered } from './recovered.js';
import { startLedger } from './start-ledger.js';
import type { LedgerStudy } from './study-rounds.js';
import type { WitnessCalls } from './witness-calls.js';

/** What opening needs of the agent. */
export interface LedgerHouse {
  readonly consortium: string;
  readonly name: SiteName;
  readonly state: SiteState;
  readonly config: Pick<SiteConfig, 'budgets' | 'keyFiles'>;
  readonly connection: Pick<Connection, 'ledger'>;
  readonly signer: Signer;
  readonly calls: WitnessCalls;
  readonly accountant: Accountant;
  readonly keysOf: (site: string) => readonly Uint8Array[];
  readonly warn: (fields: Readonly<Record<string, string>>, message: string) => void;
  readonly watched?: LedgerObserver | undefined;
  /** For all witnesses together, and for the mirror. */
  readonly timeoutMs: number;
}

/**
 * Takes a population's ledger into use, brings it to the site's present key and to what `site.yaml` says, and settles
 * studies that have ended.
 * @param study - the first over the population, where a ledger may be made; without it only one that exists is opened
 * @throws as `startLedger`
 */
export async function openPopulationLedger(house: LedgerHouse, population: PopulationName, study?: LedgerStudy): Promise<Ledger> {
  const { consortium, name, state, config, connection, signer, calls, accountant, keysOf, timeoutMs } = house;
  const budget = config.budgets.get(population);
  makePrivateDirectory(state.layout.ledgers);
  const mirror = mirrorOf(connection, population);
  const witnesses = budget?.witnesses ?? study?.study.sites.names.filter((site) => site !== name) ?? [];
  const members = (rosterInForce(state)?.members ?? []).map(({ site }) => site).filter((site) => site !== name);
  const ledger = await startLedger({
    setup: {
      name: { consortium, site: name, population },
      place: ledgerPlace(state.layout.ledgers, population),
      files: watchedFiles(NODE_FILES, house.watched),
      accountant,
      signer,
      earlier: async () => (await earlierKeys(state.layout, config)).map((key) => key.signer),
      readKey: readIdentityKey,
      keysOf,
      witnesses,
      witnessLink: calls,
      mirrorLink: mirror,
      now: () => new Date(),
      written: house.watched?.written,
      timeoutMs,
    },
    terms: study &&
      budget && {
        publicSize: study.study.sites.publicSizes?.[name] ?? 0,
        delta: budget.delta,
        largerDelta: budget.largerDelta,
        epsilonMax: budget.epsilonLimit,
      },
    ask: [...new Set<string>([...witnesses, ...members])],
    calls,
    mirror,
    recovered: (size) => markRecovered(state, population, size),
  });
  try {
    await followConfig(house, ledger, population);
    for (const hash of ledger.state.studies.keys())
      if (studyOutcome(state, hash as StudyHash) !== undefined) await settle(ledger, state, population, hash as StudyHash);
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

/** A limit that was lowered in `site.yaml` counts at once; one that was raised there, like another witness, needs the officer's word. */
async function followConfig({ config, warn }: LedgerHouse, ledger: Ledger, population: PopulationName): Promise<void> {
  const budget = config.budgets.get(population);
  if (budget === undefined) return;
  const { epsilonMax, delta: fixed, witnesses } = ledger.state.terms;
  const { epsilonLimit, delta } = budget;
  if (epsilonLimit < epsilonMax) await ledger.decide({ kind: 'limit', epsilonMax: epsilonLimit }, { role: 'site', name: 'site.yaml' });
  if (epsilonLimit > epsilonMax)
    warn(
      { population },
      `site.yaml has a higher limit than the ledger (${epsilonMax}), which stands until an officer raises it: consilium-site ledger limit`,
    );
  if (delta !== fixed) warn({ population }, `site.yaml has another delta than the ledger (${fixed}), which never changes`);
  if (budget.witnesses?.some((site) => !witnesses.includes(site)))
    warn(
      { population },
      'site.yaml names witnesses that the ledger does not have until an officer adds them: consilium-site ledger witnesses',
    );
}
