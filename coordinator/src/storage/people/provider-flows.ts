import type { Database, ProviderFlowsTable } from '../schema.js';

export type ProviderFlow = ProviderFlowsTable;

/** Remembers a sign-in that went off to the provider, and forgets those that never came back. */
export async function addProviderFlow(db: Database, flow: ProviderFlow, now: Date): Promise<void> {
  await db.deleteFrom('provider_flows').where('expires_at', '<', now).execute();
  await db.insertInto('provider_flows').values(flow).execute();
}

/** A flow comes back once. */
export async function takeProviderFlow(db: Database, stateHash: string): Promise<ProviderFlow | undefined> {
  return db.deleteFrom('provider_flows').where('state_hash', '=', stateHash).returningAll().executeTakeFirst();
}
