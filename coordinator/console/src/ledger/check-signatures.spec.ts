import { rdpAccountant, verifyLedger } from '@consilium/ledger';
import { describe, expect, it } from 'vitest';
import { realLedger, tampered } from '../../../../libs/ledger/test/real-ledger.js';
import { SignatureBook } from './check-signatures.js';

async function verdictOf(file: Uint8Array, checkpoint: string, keys: ReadonlyMap<string, readonly Uint8Array[]>) {
  const book = new SignatureBook();
  const world = { keysOf: (site: string) => keys.get(site) ?? [], readKey: book.readKey, accountant: rdpAccountant(), checkpoint };
  let verdict = verifyLedger(file, world);
  while (await book.checkAsked(() => undefined)) verdict = verifyLedger(file, world);
  return verdict;
}

describe('signatures that are checked later than they are asked for', () => {
  it('lead the verifier to its own verdict: holds, first bad line, stranger', async () => {
    const ledger = await realLedger();
    const { members } = ledger.roster;
    const keys = new Map(members.map(({ site, identityKeys }) => [site, identityKeys.map((key) => Buffer.from(key, 'hex'))]));
    const note = ledger.checkpoint.toString('utf8');
    expect(await verdictOf(ledger.file, note, keys)).toMatchObject({
      ok: true,
      complete: { cosigners: ['cleveland', 'hungary', 'zurich'] },
    });
    expect(await verdictOf(tampered(ledger.file, 3), note, keys)).toMatchObject({ ok: false, line: 3 });
    const strangers = new Map([...keys].map(([site, of], index) => [site, index === 0 ? of : [Buffer.alloc(32, 7)]]));
    expect(await verdictOf(ledger.file, note, strangers)).toMatchObject({ ok: false, why: 'quorum' });
  });
});
