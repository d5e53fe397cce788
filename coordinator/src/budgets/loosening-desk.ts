import { PopulationName, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { LedgerMirror } from '../ledgers/index.js';
import { addLooseningRequest, type Database, type LedgerKey, type LooseningRow } from '../storage/index.js';
import { unknownLedger } from './refused-changes.js';

/** Somebody wishes for a higher limit. Nothing follows from it: an officer at the site decides, with a key of their own. */
export const LooseningView = z.object({
  id: z.int(),
  site: SiteName,
  population: PopulationName,
  epsilonLimit: z.string(),
  reason: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
  sentence: z.string(),
});
export type LooseningView = z.infer<typeof LooseningView>;

export interface LooseningWish {
  readonly epsilonLimit: string;
  readonly reason: string;
  readonly by: string;
}

export interface LooseningPorts {
  readonly db: Database;
  readonly mirror: Pick<LedgerMirror, 'find'>;
  readonly now: () => Date;
}

/** Keeps wishes for a higher limit, and tells whoever listens. Nothing of it goes to the site's agent. */
export class LooseningDesk {
  readonly #asked = new Set<(wish: LooseningView) => void>();

  constructor(private readonly ports: LooseningPorts) {}

  onAsked(listener: (wish: LooseningView) => void): void {
    this.#asked.add(listener);
  }

  /** @throws ConsiliumError LEDGER_UNKNOWN */
  async ask(key: LedgerKey, { epsilonLimit, reason, by }: LooseningWish): Promise<LooseningView> {
    const { db, mirror, now } = this.ports;
    if ((await mirror.find(key)) === undefined) throw unknownLedger(key.site, key.population);
    const row = await addLooseningRequest(db, { ...key, epsilon_limit: epsilonLimit, reason, asked_by: by, asked_at: now() });
    const view = looseningView(row);
    for (const listener of this.#asked) listener(view);
    return view;
  }
}

function looseningView({
  id,
  site,
  population,
  epsilon_limit: epsilonLimit,
  reason,
  asked_by: by,
  asked_at: at,
}: LooseningRow): LooseningView {
  return {
    id,
    site,
    population,
    epsilonLimit,
    reason,
    by,
    at: at.toISOString(),
    sentence: `An officer at ${site} decides: consilium-site ledger limit ${population} ${epsilonLimit} --key FILE.`,
  };
}
