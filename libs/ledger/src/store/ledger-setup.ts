import type { PopulationName, SiteName } from '@consilium/protocol';
import type { Accountant } from '../accountant.js';
import type { KeysOf } from '../budget/abort-certificate.js';
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
  /** The key that signs this ledger now; after a change of keys the old one, until `rotate`. */
  readonly signer: Signer;
  readonly readKey: KeyReader;
  /** From the chain of rosters that the site has countersigned: also its own keys. */
  readonly keysOf: KeysOf;
  /** The roster members that the population's policy names, without this site: for a ledger that does not exist yet. */
  readonly witnesses: readonly SiteName[];
  readonly witnessLink: WitnessLink;
  readonly mirrorLink: MirrorLink;
  readonly now: () => Date;
  /** For all witnesses together, and for the mirror. */
  readonly timeoutMs: number;
}
