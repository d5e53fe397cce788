export { AuditChanges, type AuditChangesOptions, type AuditedRequest } from './audit-changes.js';
export { AuditEntry, AuditEvent, CHAIN_START, openEntry, type AuditHead } from './audit-entry.js';
export { AuditLog, type AuditLogOptions, type Happening } from './audit-log.js';
export { Audited, AuditedInside, TheChange } from './audited.js';
export { auditCsv, auditJsonl } from './export-audit.js';
export { Change, type ChangeNotes } from './change.js';
export { ChainCheck, type ChainReport } from './verify-chain.js';
