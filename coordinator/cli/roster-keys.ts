import { parseValue, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { readGivenJson } from './read-given-file.js';

const ORIGIN = 'Make it with: consilium site roster --json > roster.json, or at a site: consilium-site roster show --json > roster.json';

const key = z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits');
type Keys = readonly [site: string, hex: readonly string[]];
const Members = z.looseObject({ members: z.array(z.looseObject({ site: SiteName, identityKeys: z.array(key).min(1) })) });
/** What `site roster --json` prints, whole or its data, or a plain map from each site to its keys. */
const entriesOf = ({ members }: z.infer<typeof Members>) => members.map(({ site, identityKeys }): Keys => [site, identityKeys]);
const RosterFile = z.union([
  z.looseObject({ data: Members }).transform(({ data }) => entriesOf(data)),
  Members.transform(entriesOf),
  z.record(SiteName, z.array(key).min(1)).transform((record): readonly Keys[] => Object.entries(record)),
]);

/**
 * The identity keys of a roster file, by site, newest last.
 * @throws ConsiliumError FILE_INVALID, INVALID_FILE
 */
export async function rosterKeys(path: string): Promise<(site: string) => readonly Uint8Array[]> {
  const entries = parseValue(await readGivenJson(path, 'roster', ORIGIN), RosterFile, 'roster');
  const keys = new Map(entries.map(([site, texts]) => [site, texts.map((text) => Buffer.from(text, 'hex'))]));
  return (site) => keys.get(site) ?? [];
}
