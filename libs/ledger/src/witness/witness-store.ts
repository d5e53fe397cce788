import { join } from 'node:path';
import { canonicalJson, sha256Hex } from '@consilium/protocol';
import { z } from 'zod';
import type { LedgerFiles } from '../store/ledger-files.js';
import type { Evidence } from './decide.js';

/** What a witness remembers, by origin. Everything is durable when a call returns. */
export interface WitnessStore {
  /** The last note it cosigned, with its cosignature. */
  last(origin: string): Promise<string | undefined>;
  keep(origin: string, note: string): Promise<void>;
  /** Keeps two notes that do not fit together; the same two once, and the first sixteen of an origin. */
  keepEvidence(origin: string, evidence: Evidence): Promise<void>;
  evidence(origin: string): Promise<readonly Evidence[]>;
}

const MOST_EVIDENCE = 16;
const Kept = z.array(z.strictObject({ held: z.string(), offered: z.string() }));

/** One small file for each origin, replaced as a whole. @param folder - of the witness, made beforehand, mode 0700 */
export function witnessStore(files: LedgerFiles, folder: string): WitnessStore {
  // Origins hold slashes, and are told to us by others: their hash is the name.
  const file = (origin: string, kind: string) => join(folder, `${sha256Hex(Buffer.from(origin, 'utf8')).slice(0, 32)}.${kind}`);
  const readEvidence = async (origin: string): Promise<readonly Evidence[]> => {
    const bytes = await files.read(file(origin, 'evidence.json'));
    return bytes === undefined ? [] : Kept.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  };
  return {
    async last(origin) {
      const bytes = await files.read(file(origin, 'note'));
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
    },
    keep: (origin, note) => files.replace(file(origin, 'note'), Buffer.from(note, 'utf8')),
    async keepEvidence(origin, evidence) {
      const kept = await readEvidence(origin);
      if (kept.length >= MOST_EVIDENCE || kept.some(({ held, offered }) => held === evidence.held && offered === evidence.offered)) return;
      const all = [...kept, evidence].map(({ held, offered }) => ({ held, offered }));
      await files.replace(file(origin, 'evidence.json'), canonicalJson(all));
    },
    evidence: readEvidence,
  };
}
