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
        {(kept) => {
          const entries = Object.entries(kept);
          if (entries.length === 0) return <Empty title={w.empty} />;
          return (
            <Facts
              of={entries.map(
                ([what, how]) => [what, typeof how === 'string' || typeof how === 'number' ? String(how) : JSON.stringify(how)] as const,
              )}
            />
          );
        }}
      </Answer>
    </Card>
  );
}
