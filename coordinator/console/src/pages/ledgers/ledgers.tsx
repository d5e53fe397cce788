import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ledgerCheckpoint, ledgerFile, listLedgers, type LedgerView } from '../../api/ledgers.js';
import { readRoster } from '../../api/sites.js';
import { useTopics } from '../../live/live-provider.js';
import { DataTable } from '../../parts/data-table.js';
import { download } from '../../parts/download.js';
import { Answer, Card, Empty, Page } from '../../parts/page.js';
import { Say } from '../../parts/say.js';
import { percentUp } from '../../parts/sizes.js';
import type { Column } from '../../parts/table-rows.js';
import { instantText, useZone, type Zone } from '../../parts/time.js';
import { words } from '../../words/index.js';
import { DropLedger } from './drop-ledger.js';
import { useVerification } from './use-verification.js';
import { VerdictCard } from './verdict-card.js';

const { ledgers: w } = words;

export function Component(): ReactNode {
  useTopics('budgets');
  const ledgers = useQuery({ queryKey: ['budgets', 'ledgers'], queryFn: ({ signal }) => listLedgers(signal) });
  const roster = useQuery({ queryKey: ['sites', 'roster'], queryFn: ({ signal }) => readRoster(signal) });
  const { zone } = useZone();
  const [, setTurn] = useState(0);
  const verification = useVerification(roster.data);
  const verify = ({ site, population }: LedgerView) =>
    verification.run(words.budgets.of(population, site), async () => {
      const [file, checkpoint] = await Promise.all([ledgerFile(site, population), ledgerCheckpoint(site, population)]);
      return { file, checkpoint };
    });
  const save = async ({ site, population }: LedgerView) => {
    const [file, note] = await Promise.all([ledgerFile(site, population), ledgerCheckpoint(site, population)]);
    download(`${site}-${population}.jsonl`, new Blob([file], { type: 'application/jsonl' }));
    download(`${site}-${population}.jsonl.note`, note);
  };
  return (
    <Page title={w.title} lead={w.lead}>
      <div className="note">
        <p>
          <Say>{w.notProof}</Say>
        </p>
      </div>
      <Card tight>
        <Answer of={ledgers}>
          {({ items }) => (
            <DataTable
              name={w.title}
              rows={items}
              columns={columns(zone, verify, (ledger) => void save(ledger), verification.busy || !roster.data)}
              rowKey={({ site, population }) => `${site}/${population}`}
              empty={<Empty title={w.emptyTitle}>{w.emptyDo}</Empty>}
            />
          )}
        </Answer>
      </Card>
      <Card title={w.drop}>
        <DropLedger
          disabled={verification.busy || !roster.data}
          take={(name, file, checkpoint) => verification.run(name, () => Promise.resolve({ file, checkpoint }))}
        />
        <VerdictCard verification={verification} onPin={() => setTurn((turn) => turn + 1)} />
      </Card>
    </Page>
  );
}

const columns = (
  zone: Zone,
  verify: (ledger: LedgerView) => void,
  save: (ledger: LedgerView) => void,
  busy: boolean,
): readonly Column<LedgerView>[] => [
  { id: 'site', head: w.heads.site, value: ({ site }) => site },
  { id: 'population', head: w.heads.population, value: ({ population }) => population },
  { id: 'entries', head: w.heads.entries, number: true, value: ({ size }) => size },
  {
    id: 'used',
    head: w.heads.used,
    number: true,
    value: ({ held }) => held.percentUsed,
    cell: ({ held }) => percentUp(held.percentUsed / 100),
  },
  {
    id: 'checkpoint',
    head: w.heads.checkpoint,
    value: ({ checkpoint }) => checkpoint.at,
    cell: ({ checkpoint }) => w.covers(checkpoint.size, instantText(checkpoint.at, zone)),
  },
  { id: 'head', head: w.heads.head, wide: true, value: ({ headWords }) => headWords },
  {
    id: 'act',
    head: w.heads.act,
    fixed: true,
    value: () => null,
    cell: (ledger) => {
      const of = words.budgets.of(ledger.population, ledger.site);
      return (
        <span className="waits-head">
          <Button size="compact-xs" variant="default" onClick={() => verify(ledger)} disabled={busy} aria-label={w.verifyLabel(of)}>
            {w.verify}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => save(ledger)} aria-label={w.downloadLabel(of)}>
            {w.download}
          </Button>
        </span>
      );
    },
  },
];
