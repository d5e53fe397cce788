import type { Command } from 'commander';
import { ConsiliumError } from '@consilium/protocol';
import type { BadLedger, Decided, ShownSum, VerifiedLedger } from '@consilium/ledger';
import type { Outcome } from '../outcome.js';
import { readGivenFile } from '../read-given-file.js';
import { rosterKeys } from '../roster-keys.js';
import { textTable } from '../text-table.js';
import { replaceFile } from '../write-files.js';
import type { Run } from './command-context.js';

export function ledgerCommands(program: Command, run: Run): void {
  const ledger = program.command('ledger').description("the sites' privacy budgets, and proof of what they were spent on");

  run(ledger.command('list').description('all budgets as mirrored here; the sites hold the originals'), async ({ api }) => {
    const { items } = await api.ledgers();
    const rows = items.map((view) => [
      view.site,
      view.population,
      percent(view.held.percentUsed),
      percent(view.spent.percentUsed),
      view.held.epsilonUsed.toFixed(4),
      view.held.epsilonLeft.toFixed(4),
      String(view.epsilonLimit),
      String(view.size),
      view.headWords,
    ]);
    const heads = ['SITE', 'POPULATION', 'USED', 'SPENT', 'EPSILON USED', 'LEFT', 'LIMIT', 'ENTRIES', 'HEAD'];
    return { data: { items }, text: rows.length === 0 ? 'No site has a budget ledger yet.' : textTable(heads, rows) };
  });

  run<{ output: string }>(
    ledger
      .command('get')
      .description('fetch a ledger from the mirror, and its checkpoint beside it (.note)')
      .argument('<site>')
      .argument('<population>')
      .requiredOption('-o, --output <file>', 'where it goes'),
    async ({ api }, [site = '', population = ''], { output }) => {
      const [lines, note] = await Promise.all([api.ledger(site, population), api.ledgerCheckpoint(site, population)]);
      await replaceFile(output, lines.toString('utf8'));
      await replaceFile(`${output}.note`, note);
      return {
        data: { file: output, checkpoint: `${output}.note`, bytes: lines.length },
        text: `${output}\n${output}.note`,
        next: `consilium ledger verify ${output} --roster roster.json --checkpoint ${output}.note`,
      };
    },
  );

  run<{ roster: string; checkpoint?: string }>(
    ledger
      .command('verify')
      .description('check a ledger on any machine, offline: every entry, price, sum and signature; exit 6 names the first bad one')
      .argument('<file>', 'JSON Lines, from consilium-site ledger export or consilium ledger get')
      .requiredOption('--roster <file>', "the members' keys: consilium site roster --json > roster.json")
      .option('--checkpoint <file>', 'a cosigned checkpoint: proves that nothing before it is missing'),
    async (_, [file = ''], { roster, checkpoint }) => {
      // Loaded here, because no other command needs them.
      const { deciderWords, decisionWords, rdpAccountant, verifyLedger } = await import('@consilium/ledger');
      const { officerWords, readIdentityKey } = await import('@consilium/identity');
      const [bytes, keysOf, note] = await Promise.all([
        readGivenFile(file),
        rosterKeys(roster),
        checkpoint === undefined ? undefined : readGivenFile(checkpoint).then((text) => text.toString('utf8')),
      ]);
      const world = { keysOf, readKey: readIdentityKey, accountant: rdpAccountant() };
      const verdict = verifyLedger(bytes, note === undefined ? world : { ...world, checkpoint: note });
      if (!verdict.ok) throw bad(file, verdict);
      return told(verdict, ({ index, at, decision, by }) => {
        const key = by.role === 'officer' ? ` (${officerWords(Buffer.from(by.key, 'hex'))})` : '';
        return `line ${index + 1}, ${at.slice(0, 10)}: ${decisionWords(decision)}, by ${deciderWords(by)}${key}`;
      });
    },
  );
}

function told(verified: VerifiedLedger, decisionText: (one: Decided) => string): Outcome {
  const { name, entries, root, budget, complete, words, witnesses, decisions } = verified;
  const { consortium, site, population } = name;
  const sum = ({ percentUsed, epsilonUsed, epsilonLeft }: ShownSum) => ({ percentUsed, epsilonUsed, epsilonLeft });
  const { held, spent, epsilonMax, delta } = budget;
  return {
    data: {
      consortium,
      site,
      population,
      entries,
      root: root.toString('hex'),
      epsilonLimit: epsilonMax,
      delta,
      held: sum(held),
      spent: sum(spent),
      frozen: budget.frozen,
      witnesses,
      decisions: decisions.map(({ index, at, decision, by }) => ({
        entry: index,
        at,
        decision,
        by: { role: by.role, name: by.name, key: by.role === 'officer' ? by.key : null },
      })),
      complete: complete === null ? null : { ...complete, cosigners: [...complete.cosigners] },
      words,
    },
    text: [
      `${site}, population ${population}: ${entries} entries hold; ${percent(held.percentUsed)} of the limit ${epsilonMax} (delta ${delta}) is used, ${percent(spent.percentUsed)} spent.`,
      ...(decisions.length === 0 ? [] : ['Decided, the signatures of officers checked under the keys whose words stand behind them:']),
      ...decisions.map((one) => `  ${decisionText(one)}`),
      words,
    ].join('\n'),
  };
}

function bad(file: string, { line, kind, why, detail }: BadLedger): ConsiliumError {
  const place = line === null ? [] : [{ path: `line ${line}`, detail: kind === null ? why : `${kind}: ${why}` }];
  return new ConsiliumError({
    code: 'LEDGER_INVALID',
    errorClass: 'verification',
    message: `${file} does not hold: ${detail}`,
    fix: 'Fetch it again from the site and from the mirror, and compare both; keep this file as evidence.',
    problems: place,
  });
}

/** One digit, rounded up as it came. */
const percent = (value: number): string => `${(Math.ceil(value * 10) / 10).toFixed(1)} %`;
