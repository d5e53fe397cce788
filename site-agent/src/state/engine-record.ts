import { existsSync, readFileSync } from 'node:fs';
import type { ChosenEngine } from '@consilium/learning';
import { z } from 'zod';
import { writePrivateFile } from './private-files.js';
import type { SiteState } from './site-state.js';

const Recorded = z.object({
  name: z.enum(['wasm', 'native', 'webgpu']),
  why: z.string(),
  version: z.string().optional(),
  devices: z.array(z.string()).optional(),
});
export type RecordedEngine = z.infer<typeof Recorded>;

/** Keeps what the agent trains on, for commands beside it. */
export function recordEngine({ layout }: Pick<SiteState, 'layout'>, { name, why, version, devices }: ChosenEngine): void {
  writePrivateFile(layout.engine, JSON.stringify({ name, why, version, devices }));
}

/** What the agent chose when it last started; undefined before its first start. */
export function recordedEngine({ layout }: Pick<SiteState, 'layout'>): RecordedEngine | undefined {
  return existsSync(layout.engine) ? Recorded.parse(JSON.parse(readFileSync(layout.engine, 'utf8'))) : undefined;
}
