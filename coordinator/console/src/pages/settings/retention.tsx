import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { readRetention } from '../../api/settings.js';
import { Answer, Card, Empty, Facts } from '../../parts/page.js';
import { words } from '../../words/index.js';

const { retention: w } = words.settings;

export function Retention(): ReactNode {
  const retention = useQuery({ queryKey: ['retention'], queryFn: ({ signal }) => readRetention(signal) });
  return (
    <Card title={words.settings.tabs.retention}>
      <p className="soft">{w.lead}</p>
      <Answer of={retention}>
        {({ items }) =>
          items.length === 0 ? <Empty title={w.empty} /> : <Facts of={items.map(({ what, kept }) => [what, kept] as const)} />
        }
      </Answer>
    </Card>
  );
}
