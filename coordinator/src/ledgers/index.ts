export { LedgerMirror, type LedgerMirrorPorts, type MirroredLedger, type SentLines } from './ledger-mirror.js';
export { LedgerView } from './ledger-view.js';
export { LedgerViews } from './ledger-views.js';
export { ledgerView } from './view-ledger.js';
