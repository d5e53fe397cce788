import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { z } from 'zod';
import type { Consortium } from '../consortium/consortium.js';

const Used = z.looseObject({ percentUsed: z.number(), epsilonUsed: z.number(), epsilonLeft: z.number() });
const Shown = z.looseObject({ epsilonLimit: z.number(), delta: z.number(), held: Used, spent: Used });
const Verified = z.looseObject({ complete: z.looseObject({ size: z.int() }).nullable() });

/** A population's budget after the study, as its hospital's ledger has it. */
export interface Budget {
  readonly site: string;
  readonly epsilonLimit: number;
  /** Of the limit; this is what decides (PROTOCOL.md section 7, "What is shown"). */
  readonly percentUsed: number;
  readonly epsilonUsed: number;
  readonly epsilonLeft: number;
}

export interface Budgets {
  readonly budgets: readonly Budget[];
  /** Whether each ledger, exported, passes `consilium ledger verify` with its cosigned checkpoint. */
  readonly verified: boolean;
}

/** Asks every hospital for its budget, and has every ledger checked as anybody could who is handed the file. */
export async function readBudgets(consortium: Consortium, sites: readonly string[], population: string): Promise<Budgets> {
  const roster = join(consortium.plan.directory, 'roster.json');
  await writeFile(roster, (await consortium.runConsilium('--json', 'site', 'roster')).stdout);
  const found = await Promise.all(
    sites.map(async (site) => {
      const { epsilonLimit, held } = Shown.parse(await consortium.site(site, 'ledger', 'show', population));
      const { percentUsed, epsilonUsed, epsilonLeft } = held;
      return {
        budget: { site, epsilonLimit, percentUsed, epsilonUsed, epsilonLeft },
        verified: await verifies(consortium, site, population, roster),
      };
    }),
  );
  return { budgets: found.map(({ budget }) => budget), verified: found.every(({ verified }) => verified) };
}

async function verifies(consortium: Consortium, site: string, population: string, roster: string): Promise<boolean> {
  const file = join(consortium.plan.directory, `${site}-ledger.jsonl`);
  await consortium.site(site, 'ledger', 'export', population, '-o', file);
  try {
    const verdict = await consortium.consilium('ledger', 'verify', file, '--roster', roster, '--checkpoint', `${file}.note`);
    return Verified.parse(verdict).complete !== null;
  } catch (error) {
    if (error instanceof ConsiliumError && error.code === 'LEDGER_INVALID') return false;
    throw error;
  }
}
