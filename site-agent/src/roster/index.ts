export * from './countersign.js';
export * from './fetch-rosters.js';
