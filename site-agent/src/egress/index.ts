export * from './egress-kind.js';
export * from './egress-line.js';
export * from './egress-log.js';
export * from './egress-totals.js';
export * from './read-egress.js';
export * from './record-call.js';
