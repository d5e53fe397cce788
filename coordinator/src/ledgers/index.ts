export { LedgerMirror, type LedgerMirrorPorts, type MirroredLedger, type SentLines } from './ledger-mirror.js';
export { ledgerView, LedgerView } from './ledger-view.js';
