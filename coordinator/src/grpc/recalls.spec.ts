import { SiteName, StudyHash } from '@consilium/protocol';
import type { OpenResponse, Recollection } from '@consilium/protocol/wire';
import { describe, expect, it } from 'vitest';
import { Recalls } from './recalls.js';

const study = StudyHash.parse('a'.repeat(64));
const [a, b, c, x] = ['a', 'b', 'c', 'x'].map((name) => SiteName.parse(name)) as [SiteName, SiteName, SiteName, SiteName];
const nonce = Buffer.alloc(32, 7);

function world(...connected: SiteName[]) {
  const sent: string[] = [];
  const send = (site: SiteName, { body }: OpenResponse) => {
    const from = body?.$case === 'recall' ? body.value.site : body?.$case === 'recollection' ? body.value.site : '';
    if (connected.includes(site)) sent.push(`${body?.$case} ${from}>${site}`);
  };
  return { recalls: new Recalls({ membersOf: (hash) => (hash === study ? [a, b, c] : []), send }), sent, connected };
}
const answer = (site: SiteName, of: SiteName): Recollection => ({
  study,
  site,
  of,
  nonce,
  last: undefined,
  announced: 0,
  signature: Buffer.alloc(64),
});

describe('questions of sites that start', () => {
  it('reach the other sites of the study in the name of the one that asked, also those that come later', () => {
    const { recalls, sent, connected } = world(a, b);
    recalls.ask(a, { study, site: 'b', nonce });
    expect(sent).toEqual(['recall a>b']);
    connected.push(c);
    recalls.opened(c);
    recalls.opened(a);
    expect(sent).toEqual(['recall a>b', 'recall a>c']);
  });

  it('are answered by sites of the study, each in its own name', () => {
    const { recalls, sent } = world(a, b, c, x);
    recalls.ask(x, { study, site: 'x', nonce });
    recalls.answer(b, answer(c, a));
    recalls.answer(x, answer(x, a));
    recalls.answer(b, answer(b, x));
    expect(sent).toEqual([]);
    recalls.answer(b, answer(b, a));
    expect(sent).toEqual(['recollection b>a']);
  });
});
