import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { readRetention } from '../../api/settings.js';
import { DataTable } from '../../parts/data-table.js';
import { Answer, Card, Empty } from '../../parts/page.js';
import type { Column } from '../../parts/table-rows.js';
import { words } from '../../words/index.js';

const { retention: w } = words.settings;

export function Retention(): ReactNode {
  const retention = useQuery({ queryKey: ['retention'], queryFn: ({ signal }) => readRetention(signal) });
  return (
    <Card tight>
      <Answer of={retention}>
        {({ items }) => (
          <DataTable
            name={words.settings.tabs.retention}
            title={w.lead}
            rows={items}
            columns={COLUMNS}
            rowKey={({ what }) => what}
            empty={<Empty title={w.empty} />}
          />
        )}
      </Answer>
    </Card>
  );
}

const COLUMNS: readonly Column<{ readonly what: string; readonly kept: string }>[] = [
  { id: 'what', head: w.what, wide: true, value: ({ what }) => what },
  { id: 'kept', head: w.long, wide: true, value: ({ kept }) => kept },
];
