export * from './coordinator-config.js';
export * from './defaults.js';
export { loadConfig, type ConfigFlags } from './load-config.js';
export { listenError } from './port-in-use.js';
export type { NoticesConfig, SmtpConfig } from './notices-config.js';
