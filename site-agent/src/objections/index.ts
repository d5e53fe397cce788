export * from './objection-list.js';
export * from './objection-test.js';
