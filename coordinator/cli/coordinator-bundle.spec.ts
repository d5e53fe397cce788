import { supportBundleText } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { coordinatorBundle } from './coordinator-bundle.js';

const CANARY = 'CANARY7f3a';
const NOW = '2026-05-04T10:00:00.000Z';
const site = {
  site: 'bern',
  state: 'admitted',
  connected: true,
  position: 0,
  agentVersion: `<${CANARY}>`,
  engine: 'tfjs-wasm',
  cohorts: [CANARY],
  lastSeen: NOW,
  certificateEnds: NOW,
  certificateWarning: CANARY,
  countersigned: 3,
  words: CANARY,
};
const used = { percentUsed: 12.5, epsilonUsed: 1, epsilonLeft: 5 };
const summary = {
  hash: 'ab'.repeat(32),
  name: CANARY,
  state: 'waiting',
  stateReason: CANARY,
  proposedAt: NOW,
  round: 3,
  rounds: 10,
  sitesReady: 2,
  sitesNeeded: 3,
};
const view = {
  ...summary,
  phase: 'uploading',
  attempt: 1,
  deadline: NOW,
  thresholds: { n: 3, c: 1, t: 2, m: 3 },
  uploadBytes: 4096,
  sumBytes: 4096,
  seq: 17,
  approvals: [],
  metrics: [],
  latest: null,
  releaseVotes: [],
  sites: [
    { site: 'bern', state: 'refused', since: NOW, code: 'BUDGET_EXHAUSTED', sentence: CANARY, whoCanAct: CANARY, incident: '4F2A' },
    { site: 'bern', state: 'failed', since: NOW, code: CANARY, sentence: null, whoCanAct: null, incident: CANARY },
  ],
};
const api = {
  sites: () => Promise.resolve({ items: [site], nextCursor: null }),
  studies: () => Promise.resolve({ items: [summary], nextCursor: null }),
  study: () => Promise.resolve(view),
  ledgers: () =>
    Promise.resolve({
      items: [
        {
          site: 'bern',
          population: CANARY,
          size: 9,
          headWords: 'eight words',
          checkpoint: { size: 9, at: NOW },
          epsilonLimit: 6,
          delta: 1e-5,
          frozen: false,
          held: used,
          spent: used,
          studies: 1,
        },
      ],
      nextCursor: null,
    }),
} as unknown as Parameters<typeof coordinatorBundle>[0];

describe('the support bundle of a coordinator', () => {
  it('says where sites, studies and ledgers stand, by codes and numbers', async () => {
    const text = supportBundleText({ program: 'consilium', version: '1', madeAt: new Date(NOW), files: await coordinatorBundle(api) });
    for (const words of [
      '"code": "BUDGET_EXHAUSTED"',
      '"incident": "4F2A"',
      '"study": "abababab"',
      '"engine": "tfjs-wasm"',
      '"percentUsed": 12.5',
    ])
      expect(text).toContain(words);
    expect(text).toMatch(/^holds {4}sites\.json {4}\d+ lines$/m);
  });

  it('holds no name, no sentence and nothing that a site wrote in its own words', async () => {
    const text = supportBundleText({ program: 'consilium', version: '1', madeAt: new Date(NOW), files: await coordinatorBundle(api) });
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain('bern');
  });
});
