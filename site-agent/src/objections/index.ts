export * from './objection-list.js';
