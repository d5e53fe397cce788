export * from './load-keys.js';
