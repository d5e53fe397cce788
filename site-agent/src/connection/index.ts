export * from './call.js';
export * from './connect.js';
export * from './coordinator-channel.js';
export * from './retry-delays.js';
