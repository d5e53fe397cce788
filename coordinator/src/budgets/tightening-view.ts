import { PopulationName, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import type { TighteningRow } from '../storage/index.js';

/** A request to a site, as people see it. */
export const TighteningView = z.object({
  site: SiteName,
  population: PopulationName,
  /** Its number in the ledger. */
  request: z.int(),
  change: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('limit'), epsilonLimit: z.string() }),
    z.object({ kind: z.literal('freeze') }),
  ]),
  /** As the site's ledger names who asked. */
  by: z.string(),
  askedAt: z.iso.datetime(),
  state: z.enum(['waiting', 'entered', 'refused']),
  answeredAt: z.iso.datetime().nullable(),
  sentence: z.string(),
});
export type TighteningView = z.infer<typeof TighteningView>;

/** The site's fixed words (`TighteningAnswer.refused`), for people. */
const REFUSALS: Readonly<Record<string, string>> = {
  unreadable: 'The site could not read the request: it runs another version.',
  'unknown-population': 'The site keeps no ledger of this population.',
  'out-of-turn': 'The site has taken a later request before this one.',
  'not-tighter': 'The limit at the site was as low already.',
  'no-budget': 'At that limit nothing at all could be admitted; freeze the population instead.',
  'frozen-already': 'The population was frozen at the site already.',
};

export function tighteningView(row: TighteningRow): TighteningView {
  const { site, population, request, epsilon_limit: epsilonLimit, asked_by: by, asked_at: askedAt, outcome, answered_at: answeredAt } = row;
  return {
    site,
    population,
    request,
    change: epsilonLimit === null ? { kind: 'freeze' } : { kind: 'limit', epsilonLimit },
    by,
    askedAt: askedAt.toISOString(),
    state: outcome ?? 'waiting',
    answeredAt: answeredAt?.toISOString() ?? null,
    sentence: sentenceOf(row),
  };
}

function sentenceOf({ outcome, refused }: TighteningRow): string {
  if (outcome === 'entered') return 'It stands in the ledger of the site, signed by the site.';
  if (outcome === 'refused') return REFUSALS[refused ?? ''] ?? 'The site refused it.';
  return 'The site has not answered yet: it obeys as soon as it is connected, before it reserves anything more.';
}
