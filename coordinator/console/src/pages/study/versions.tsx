import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { epsilonUp } from '../../api/epsilon.js';
import { readDifference, readSpecification, readVersions, STUDY_STATES, type Version } from '../../api/studies.js';
import { Badge } from '../../parts/badge.js';
import { Hash } from '../../parts/copy.js';
import { DataTable } from '../../parts/data-table.js';
import { download } from '../../parts/download.js';
import { Answer, Card, Empty } from '../../parts/page.js';
import type { Column } from '../../parts/table-rows.js';
import { Instant } from '../../parts/time.js';
import { words } from '../../words/index.js';
import { StudyBadge } from '../studies/study-badge.js';
import { useStudy } from './study.js';

const { versions: w } = words.study;

export function Component(): ReactNode {
  const { hash, name } = useStudy();
  const [search, setSearch] = useSearchParams();
  const versions = useQuery({ queryKey: ['study', hash, 'versions'], queryFn: ({ signal }) => readVersions(hash, signal) });
  const specification = useQuery({
    queryKey: ['study', hash, 'specification'],
    queryFn: ({ signal }) => readSpecification(hash, signal),
    staleTime: Infinity,
  });
  const others = versions.data?.items.filter((version) => version.hash !== hash) ?? [];
  const against = search.get('against') ?? others[0]?.hash;
  return (
    <>
      <Card tight>
        <Answer of={versions}>
          {({ items }) => (
            <DataTable
              name={words.study.tabs.versions}
              rows={items}
              columns={columns(hash, against, (other) => setSearch({ against: other }, { replace: true }))}
              rowKey={(version) => version.hash}
              empty={<Empty title={w.only}>{w.onlyDo}</Empty>}
            />
          )}
        </Answer>
      </Card>
      {against && <Difference hash={hash} other={against} />}
      {!against && versions.data && <p className="soft">{w.onlyDo}</p>}
      <Card
        title={w.yaml}
        side={
          specification.data && (
            <Button size="xs" variant="default" onClick={() => download(`${name}.yaml`, specification.data.yaml, 'application/yaml')}>
              {w.download}
            </Button>
          )
        }
      >
        <Answer of={specification}>
          {({ yaml }) => (
            <pre className="yaml" tabIndex={0} aria-label={w.yaml} role="region">
              {yaml}
            </pre>
          )}
        </Answer>
      </Card>
    </>
  );
}

/** What changed, field by field, and what that does to epsilon, data and release. */
function Difference({ hash, other }: { readonly hash: string; readonly other: string }): ReactNode {
  const asked = useQuery({
    queryKey: ['study', hash, 'diff', other],
    queryFn: ({ signal }) => readDifference(other, hash, signal),
    staleTime: Infinity,
  });
  return (
    <Card title={w.diffWith(other.slice(0, 8))}>
      <Answer of={asked}>
        {({ changes }) =>
          changes.length === 0 ? (
            <p className="soft">{w.same}</p>
          ) : (
            <div className="table-scroll" tabIndex={0} role="region" aria-label={w.diffWith(other.slice(0, 8))}>
              <table className="table">
                <thead>
                  <tr>
                    {[w.path, w.before, w.after, w.effect].map((head) => (
                      <th key={head} scope="col">
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {changes.map(({ path, before, after, sentence }) => (
                    <tr key={path}>
                      <td>
                        <code>{path}</code>
                      </td>
                      <td>
                        <del className="diff-before">{shown(before)}</del>
                      </td>
                      <td>
                        <ins className="diff-after">{shown(after)}</ins>
                      </td>
                      <td className="wide">{sentence}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answer>
    </Card>
  );
}

const shown = (value: unknown): string =>
  value === undefined || value === null ? w.absent : typeof value === 'string' ? value : JSON.stringify(value);

function isState(state: string): state is (typeof STUDY_STATES)[number] {
  return (STUDY_STATES as readonly string[]).includes(state);
}

const columns = (hash: string, against: string | undefined, compare: (other: string) => void): readonly Column<Version>[] => [
  {
    id: 'version',
    head: w.heads.version,
    value: (version) => version.hash,
    cell: (version) => (
      <span className="waits-head">
        <Link to={`/studies/${version.hash}/versions`} className="name">
          <Hash of={version.hash} copy={false} />
        </Link>
        {version.hash === hash && <Badge tone="quiet">{w.this}</Badge>}
      </span>
    ),
  },
  { id: 'proposed', head: w.heads.proposed, value: ({ proposedAt }) => proposedAt, cell: ({ proposedAt }) => <Instant at={proposedAt} /> },
  {
    id: 'state',
    head: w.heads.state,
    value: ({ state }) => state,
    cell: ({ state }) => (isState(state) ? <StudyBadge state={state} /> : state),
  },
  { id: 'approvals', head: w.heads.approvals, number: true, value: ({ approvals }) => approvals },
  {
    id: 'epsilon',
    head: w.heads.epsilon,
    number: true,
    value: ({ epsilon }) => epsilon ?? null,
    cell: ({ epsilon }) => (epsilon ? epsilonUp(epsilon) : words.studies.noPrivacy),
  },
  {
    id: 'compare',
    head: w.heads.compare,
    fixed: true,
    value: () => null,
    cell: (version) =>
      version.hash === hash ? null : (
        <Button size="compact-xs" variant="default" aria-pressed={version.hash === against} onClick={() => compare(version.hash)}>
          {version.hash === against ? w.shown : w.show}
        </Button>
      ),
  },
];
