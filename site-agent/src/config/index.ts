export * from './hours.js';
export * from './load-config.js';
export * from './site-file.js';
