export * from './load-keys.js';
export * from './earlier-keys.js';
