import type { PopulationName, SiteName } from '@consilium/protocol';
import type { Accountant } from '../accountant.js';
import type { KeysOf } from '../budget/abort-certificate.js';
import type { EntryKind } from '../entries/entry.js';
import type { KeyReader, Signer } from '../signatures.js';
import type { LedgerFiles } from './ledger-files.js';
import type { LedgerPlace } from './ledger-place.js';
import type { MirrorLink, WitnessLink } from './links.js';

/** What a ledger is used with. */
export interface LedgerSetup {
  readonly name: { readonly consortium: string; readonly site: SiteName; readonly population: PopulationName };
  readonly place: LedgerPlace;
  readonly files: LedgerFiles;
  readonly accountant: Accountant;
  /** The site's key. A ledger that an earlier one signs is rotated to it when it is opened. */
  readonly signer: Signer;
  /** The keys that the site had before, as far as it still has them; asked for only where the ledger is not the present one's. */
  readonly earlier: () => Promise<readonly Signer[]>;
  readonly readKey: KeyReader;
  /** From the chain of rosters that the site has countersigned: also its own keys. */
  readonly keysOf: KeysOf;
  /** The roster members that the population's policy names, without this site: for a ledger that does not exist yet. */
  readonly witnesses: readonly SiteName[];
  readonly witnessLink: WitnessLink;
  readonly mirrorLink: MirrorLink;
  readonly now: () => Date;
  /** Told of each entry that is on disk, for people who count. */
  readonly written?: ((kind: EntryKind) => void) | undefined;
  /** For all witnesses together, and for the mirror. */
  readonly timeoutMs: number;
}
