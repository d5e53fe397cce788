import { SiteName } from '@consilium/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withinReach } from './own-sites.js';

const BASEL = new Set([SiteName.parse('basel')]);

describe('an answer to somebody who is bound to Basel', () => {
  it('has no list element of another site, nor its name in a list of names', () => {
    const answer = {
      state: 'running',
      sites: [
        { site: 'basel', state: 'ready' },
        { site: 'bern', state: 'refused', code: 'BUDGET_EXHAUSTED' },
      ],
      items: [
        { seq: 1, event: { type: 'refused', site: 'bern' } },
        { seq: 2, event: { type: 'announced', participants: ['basel', 'bern'] } },
        { seq: 3, event: { type: 'keysAsked', steward: 'bern' } },
        { seq: 4, event: { type: 'keysAsked', steward: 'basel' } },
      ],
      contributors: ['bern', 'basel'],
      latest: { site: 'bern', loss: 1 },
      cohorts: ['bern'],
    };
    expect(withinReach(answer, BASEL)).toEqual({
      state: 'running',
      sites: [{ site: 'basel', state: 'ready' }],
      items: [
        { seq: 2, event: { type: 'announced', participants: ['basel'] } },
        { seq: 3, event: { type: 'keysAsked', steward: null } },
        { seq: 4, event: { type: 'keysAsked', steward: 'basel' } },
      ],
      contributors: ['basel'],
      latest: null,
      cohorts: ['bern'],
    });
    expect(withinReach(answer, 'all')).toBe(answer);
  });

  it('names no other site as a member `site` of anything in it, however deep', () => {
    const leaf = fc.oneof(fc.constant(null), fc.integer(), fc.string());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.record({ site: fc.constantFrom('basel', 'bern'), more: tie('tree') }, { requiredKeys: [] }),
      ),
    }));
    fc.assert(fc.property(tree, (value) => !JSON.stringify(withinReach({ value }, BASEL)).includes('"site":"bern"')));
  });
});
