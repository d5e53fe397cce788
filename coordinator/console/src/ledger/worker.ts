/// <reference lib="webworker" />
import './install-buffer.js';
import { deciderWords, decisionWords, emptyFold, foldLines, rdpAccountant, verifyLedger, type LedgerVerdict } from '@consilium/ledger';
import { fingerprintWords } from '../../../../libs/identity/src/fingerprint-words.js';
import { BrowserBuffer } from './browser-buffer.js';
import { hasEd25519, SignatureBook } from './check-signatures.js';
import type { GoodLedger, VerifyReply, VerifyTask } from './messages.js';

const say = (reply: VerifyReply) => postMessage(reply);

addEventListener('message', ({ data }: MessageEvent<VerifyTask>) => {
  answer(data).catch((error: unknown) =>
    // Thrown outside of the promise, the page hears of it.
    setTimeout(() => {
      throw error;
    }),
  );
});

async function answer({ file, checkpoint, keys, pinned }: VerifyTask): Promise<void> {
  if (!(await hasEd25519())) return say({ kind: 'cannot' });
  const known = new Map(keys.map(([site, hex]) => [site, hex.map((key) => BrowserBuffer.from(key, 'hex'))]));
  const book = new SignatureBook();
  const bytes = BrowserBuffer.from(file);
  const world = { keysOf: (site: string) => known.get(site) ?? [], readKey: book.readKey, accountant: rdpAccountant() };
  const verify = () => verifyLedger(bytes, checkpoint === undefined ? world : { ...world, checkpoint });
  let verdict = verify();
  while (await book.checkAsked((done, of) => say({ kind: 'progress', done, of }))) verdict = verify();
  if (!verdict.ok) return say({ kind: 'verdict', verdict: { ok: false, line: verdict.line, detail: verdict.detail } });
  say({ kind: 'verdict', verdict: shown(verdict, pinned === undefined ? undefined : rootOf(bytes, world, pinned)) });
}

/** Root over the first entries of a file that holds. */
function rootOf(file: Uint8Array, world: Parameters<typeof foldLines>[2], size: number): string | undefined {
  const lines: Buffer[] = [];
  for (let from = 0, end = file.indexOf(10); end >= 0; from = end + 1, end = file.indexOf(10, from))
    lines.push(BrowserBuffer.from(file.subarray(from, end)) as unknown as Buffer);
  if (lines.length < size) return undefined;
  const fold = emptyFold();
  foldLines(fold, lines.slice(0, size), world);
  return fold.tree.root().toString('hex');
}

function shown(
  { name, entries, root, budget, words, complete, decisions }: LedgerVerdict & { ok: true },
  pinnedRoot: string | undefined,
): GoodLedger {
  return {
    ok: true,
    site: name.site,
    population: name.population,
    entries,
    root: root.toString('hex'),
    headWords: fingerprintWords(root),
    pinnedRoot,
    words,
    percentUsed: budget.held.percentUsed,
    epsilonLimit: budget.epsilonMax,
    delta: budget.delta,
    frozen: budget.frozen,
    cosigners: complete?.cosigners ?? [],
    decisions: decisions.map(({ index, at, decision, by }) => ({
      line: index + 1,
      day: at.slice(0, 10),
      what: decisionWords(decision),
      who: deciderWords(by),
    })),
  };
}
