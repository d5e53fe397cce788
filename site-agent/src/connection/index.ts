export * from './call.js';
export * from './connect.js';
export type { ConnectionObserver } from './connection-observer.js';
export * from './coordinator-channel.js';
export * from './retry-delays.js';
