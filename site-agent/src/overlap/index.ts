export * from './find-overlaps.js';
export * from './overlap-gate.js';
export * from './refuse-overlaps.js';
