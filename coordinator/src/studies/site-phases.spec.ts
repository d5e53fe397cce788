import { SiteName } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { SitePhase } from '../http/reading-views.js';
import { sitesNamed } from '../rounds/builders.js';
import type { StoredEvent, StudyEvent } from '../rounds/study-event.js';
import { sitePhases } from './site-phases.js';

const [a, b, c] = sitesNamed('a', 'b', 'c') as [SiteName, SiteName, SiteName];
const place = { round: 3, attempt: 0 };
const state = { keyEpoch: 0, ...place, stateHmac: 'h', signature: '00' };
const release = { sealed: '', signature: '', droppedSha256: '', proofs: '', proofsSha256: '' };
const upload = { ...place, bytes: 1, sha256: '', signature: '' };

const second = (at: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString();
const told = (...events: readonly (readonly [number, StudyEvent])[]): readonly StoredEvent[] =>
  events.map(([at, event], index) => ({ seq: index + 1, at: second(at), event }));
const announced: readonly [number, StudyEvent] = [
  0,
  { type: 'announced', ...place, kind: 'train', block: 0, seat: 2, participants: [a, b, c], deadline: second(60) },
];

describe('the bars of a round', () => {
  it('tell counted, late and refused sites apart, with the code', () => {
    const rows = sitePhases(
      told(
        announced,
        [5, { type: 'refused', site: b, ...place, code: 'RESOURCES', fields: {}, incident: '4F2A', decision: 'failed' }],
        [10, { type: 'uploaded', site: a, ...upload }],
        [60, { type: 'listClosed', ...place, contributors: [a] }],
        [61, { type: 'listSigned', site: a, ...place, signature: '' }],
        [62, { type: 'unmasked', site: a, ...place, release }],
        [63, { type: 'folded', ...place, bytes: 1, sha256: '' }],
        [65, { type: 'agreed', site: a, state }],
        [66, { type: 'roundDone', ...place, outOfStep: [] }],
      ),
    ).map((row) => SitePhase.parse(row));
    const bar = ({ site, phase, from, to, state: how, code }: SitePhase) => [site, phase, from.slice(17, 19), to?.slice(17, 19), how, code];
    expect(rows.map(bar)).toEqual([
      ['a', 'train', '00', '10', 'done', null],
      ['b', 'train', '00', '05', 'failed', 'RESOURCES'],
      ['c', 'train', '00', '00', 'late', null],
      ['a', 'list', '00', '01', 'done', null],
      ['a', 'unmask', '01', '02', 'done', null],
      ['a', 'apply', '03', '05', 'done', null],
    ]);
    expect(rows[2]?.to).toBe(second(60));
  });

  it('of a round under way have no end yet', () => {
    expect(sitePhases(told(announced)).map(({ site, state: how, to }) => [site, how, to])).toEqual(
      [a, b, c].map((site) => [site, 'running', null]),
    );
  });

  it('name the site whose sum did not pass its check, and the one that is out of step', () => {
    const rows = sitePhases(
      told(
        announced,
        [1, { type: 'uploaded', site: a, ...upload }],
        [1, { type: 'uploaded', site: b, ...upload }],
        [2, { type: 'listClosed', ...place, contributors: [a, b] }],
        [3, { type: 'folded', ...place, bytes: 1, sha256: '' }],
        [4, { type: 'agreed', site: a, state: { ...state, stateHmac: 'SUM_CHECK' } }],
        [5, { type: 'agreed', site: b, state }],
        [6, { type: 'roundDone', ...place, outOfStep: [b] }],
      ),
    );
    expect(rows.filter(({ phase }) => phase === 'apply').map(({ site, state: how, code }) => [site, how, code])).toEqual([
      ['a', 'failed', 'SUM_CHECK'],
      ['b', 'out-of-step', 'OUT_OF_STEP'],
    ]);
  });
});
