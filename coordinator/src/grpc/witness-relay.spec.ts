import { SiteName } from '@consilium/protocol';
import type { OpenResponse, WitnessQuestion } from '@consilium/protocol/wire';
import { describe, expect, it } from 'vitest';
import { WitnessRelay } from './witness-relay.js';

const [a, b] = ['a', 'b'].map((name) => SiteName.parse(name)) as [SiteName, SiteName];
const id = Buffer.alloc(16, 7);
const question = (change: Partial<WitnessQuestion> = {}): WitnessQuestion => ({
  site: 'b',
  id,
  question: { $case: 'last', value: { origin: 'c/a/heart', nonce: Buffer.alloc(32) } },
  ...change,
});

describe('the relay between a ledger and its witnesses', () => {
  const sent: [string, OpenResponse][] = [];
  const relay = new WitnessRelay((site, message) => {
    sent.push([site, message]);
    return true;
  });

  it('hands a question on under the name of the site that asks, and the answer under that of the witness', () => {
    relay.ask(a, question());
    relay.answer(b, { site: 'a', id, answer: { $case: 'last', value: { note: undefined, signature: Buffer.alloc(64) } } });
    expect(sent.map(([site, { body }]) => [site, (body?.value as { site: string } | undefined)?.site])).toEqual([
      ['b', 'a'],
      ['a', 'b'],
    ]);
    sent.length = 0;
  });

  it('hands on nothing to oneself, to no site, without an id, or larger than a question is', () => {
    relay.ask(b, question());
    relay.ask(a, question({ site: 'Not a site' }));
    relay.ask(a, question({ id: Buffer.alloc(3) }));
    relay.ask(a, question({ question: undefined }));
    const proof = Array.from({ length: 65 }, () => Buffer.alloc(32));
    relay.ask(a, question({ question: { $case: 'cosign', value: { checkpoint: '', from: 0, proof } } }));
    relay.answer(a, { site: 'a', id, answer: { $case: 'refused', value: 'not-signed' } });
    expect(sent).toEqual([]);
  });
});
