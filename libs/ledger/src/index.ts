export type { Accountant, FilterTerms, Price, ShownSum } from './accountant.js';
export { abortFault, abortSigners, hasSignedAbort, signAbort, type KeysOf, type RoundName } from './budget/abort-certificate.js';
export { affordableRounds, isBlockDue, nextBlock } from './budget/blocks.js';
export { shownBudget, type ShownBudget, type ShownPurpose } from './budget/shown.js';
export { holdingKey, type Holding, type LedgerState, type StudyStatus, type Terms } from './budget/state.js';
export { parsePair } from './budget/sums.js';
export {
  BLOCK_ROUNDS,
  Entry,
  PURPOSES,
  Purpose,
  type AbortCertificate,
  type DecidedBy,
  type EntryKind,
  type EntryOf,
} from './entries/entry.js';
export { ledgerOrigin, parseCheckpoint, type Checkpoint, type CheckpointNote, type LedgerName } from './notes/checkpoint.js';
export { cosigners, witnessName, type Cosigned } from './notes/cosignature.js';
export type { KeyReader, Signer } from './signatures.js';
export { Ledger, type ReserveRequest, type RoundsOf, type SpendRequest, type StudyDecision } from './store/ledger.js';
export { LedgerRefused } from './store/refusals.js';
export type { AppendFile, LedgerFiles } from './store/ledger-files.js';
export { ledgerPlace, type LedgerPlace } from './store/ledger-place.js';
export type { LedgerSetup } from './store/ledger-setup.js';
export type { MirrorLink, MirrorTail, WitnessLink } from './store/links.js';
export { NODE_FILES } from './store/node-files.js';
export { openLedger, type CreateTerms, type FoundLedger, type Started } from './store/open-ledger.js';
export { covers, type EntryProof, type Reservation, type ReserveEvidence } from './store/reservation.js';
export type { StartUp } from './start-up/start-up.js';
export type { CosignRequest, Evidence } from './witness/decide.js';
export { readLastSeen, type LastSeen, type LastSeenAnswer, type LastSeenQuestion } from './witness/last-seen.js';
export { colludingWitnesses, witnessQuorum } from './witness/quorum.js';
export { openWitness, type CosignAnswer, type Witness, type WitnessSetup } from './witness/witness.js';
export { witnessStore, type WitnessStore } from './witness/witness-store.js';
export { acceptTail, type Acceptance } from './mirror/accept-tail.js';
export { emptyFold, foldLines, type LedgerFold, type Stop } from './entries/fold.js';
export { readLedger, type ReadLedger } from './store/read-ledger.js';
export { checkReserveEvidence, type EvidenceFault, type EvidenceQuestion, type ProvenReserve } from './verify/check-evidence.js';
export { packEvidence, unpackEvidence } from './verify/pack-evidence.js';
export { provenRounds, type ReserveFault, type StudyReserve } from './verify/proven-rounds.js';
export { verifyLedger, type BadLedger, type LedgerVerdict, type Verification, type VerifiedLedger } from './verify/verify-ledger.js';
export { forPlanner, rdpAccountant } from './rdp-accountant.js';
