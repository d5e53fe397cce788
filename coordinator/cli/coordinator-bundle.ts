import { PRODUCT_VERSION, PROTOCOL_VERSION, type Json, type SupportFile } from '@consilium/protocol';
import type { ApiClient } from './api-client.js';

/** The newest ones say what is wrong now. */
const STUDIES = 50;

/**
 * What an admin may send to whoever helps. Each value is picked by its name: states, codes, dates, numbers, digits of
 * hashes, and places in a list for the names of sites, studies, cohorts and populations; no sentence, no key, no token.
 */
export async function coordinatorBundle(api: Pick<ApiClient, 'sites' | 'studies' | 'study' | 'ledgers'>): Promise<readonly SupportFile[]> {
  const { items: sites } = await api.sites();
  const numbers = new Map(sites.map(({ site }, index) => [String(site), index]));
  const number = (site: string): number | null => numbers.get(site) ?? null;
  const { items: ledgers } = await api.ledgers();
  return [
    { name: 'program.json', content: program() },
    {
      name: 'sites.json',
      content: sites.map(({ site, state, connected, agentVersion, engine, cohorts, lastSeen, certificateEnds, countersigned }) => ({
        site: number(site),
        state,
        connected,
        agentVersion: word(agentVersion),
        engine: word(engine),
        cohorts: cohorts.length,
        lastSeen,
        certificateEnds,
        countersigned,
      })),
    },
    { name: 'studies.json', content: await studies(api, number) },
    {
      name: 'ledgers.json',
      content: ledgers.map(({ site, size, headWords, checkpoint, epsilonLimit, delta, frozen, held }) => ({
        site: number(site),
        entries: size,
        head: headWords,
        checkpoint: checkpoint.size,
        checkpointAt: checkpoint.at,
        epsilonLimit,
        delta,
        frozen,
        percentUsed: held.percentUsed,
      })),
    },
  ];
}

const program = (): Json => ({
  version: PRODUCT_VERSION,
  protocol: PROTOCOL_VERSION,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
});

/** What sites say of themselves is theirs: a version or a name of an engine, or nothing. */
const word = (text: string | null): string | null => (text !== null && /^[a-z0-9.+-]{1,40}$/i.test(text) ? text : null);

async function studies(api: Pick<ApiClient, 'studies' | 'study'>, number: (site: string) => number | null): Promise<Json> {
  const { items } = await api.studies();
  const newest = items.toSorted((one, other) => (one.proposedAt < other.proposedAt ? 1 : -1)).slice(0, STUDIES);
  const found: Json[] = [];
  for (const { hash } of newest) {
    const view = await api.study(hash);
    found.push({
      study: view.hash.slice(0, 8),
      state: view.state,
      proposedAt: view.proposedAt,
      round: view.round,
      rounds: view.rounds,
      phase: word(view.phase),
      attempt: view.attempt,
      deadline: view.deadline,
      thresholds: view.thresholds,
      uploadBytes: view.uploadBytes,
      events: view.seq,
      sites: view.sites.map(({ site, state, since, code, incident }) => ({
        site: number(site),
        state,
        since,
        code: code !== null && /^[A-Z_]{2,40}$/.test(code) ? code : null,
        incident: incident !== null && /^[0-9A-F]{4,16}$/.test(incident) ? incident : null,
      })),
    });
  }
  return found;
}
