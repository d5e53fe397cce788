import { Skeleton } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { asProblem } from '../api/problem.js';
import type { GlossaryWord } from '../words/en/glossary.js';
import { words } from '../words/index.js';
import { ProblemNote } from './problem-note.js';
import { Term } from './term.js';

/** A page: its title, what may be done on it, what it shows. */
export function Page({
  title,
  lead,
  acts,
  above,
  children,
}: {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly acts?: ReactNode;
  /** Stands over the title: the way back. */
  readonly above?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · ${words.shell.product}`;
  }, [title]);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          {above}
          <h1>{title}</h1>
          {lead && <div className="page-lead">{lead}</div>}
        </div>
        {acts && <div className="page-acts">{acts}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page with a heading. */
export function Card({
  id,
  title,
  side,
  children,
  tight,
}: {
  /** To be led to within the page. */
  readonly id?: string;
  readonly title?: string;
  readonly side?: ReactNode;
  readonly children: ReactNode;
  readonly tight?: boolean;
}): ReactNode {
  return (
    <section id={id} className={tight ? 'card card-tight' : 'card'}>
      {title && (
        <div className="card-head">
          <h2>{title}</h2>
          {side}
        </div>
      )}
      {children}
    </section>
  );
}

/** Nothing to show: why, and what to do about it. */
export function Empty({
  title,
  children,
  act,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly act?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children && <p>{children}</p>}
      {act}
    </div>
  );
}

interface Asked<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  refetch(): unknown;
}

/** What was asked for, once it is here; until then a place for it, or why it did not come. */
export function Answer<T>({
  of,
  children,
  rows = 4,
}: {
  readonly of: Asked<T>;
  readonly children: (data: T) => ReactNode;
  readonly rows?: number;
}): ReactNode {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <ProblemNote problem={asProblem(of.error)} retry={() => void of.refetch()} />;
  return (
    <div role="status" aria-label={words.shell.loading}>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={28} mb={8} radius="sm" />
      ))}
    </div>
  );
}

/** A name, its value, and the word of the glossary that explains the name. */
export type Fact = readonly [name: string, value: ReactNode, word?: GlossaryWord];

/** Names and values, beside each other where there is room; `pairs`: two in a line where the place is narrow. */
export function Facts({ of, pairs }: { readonly of: readonly Fact[]; readonly pairs?: boolean }): ReactNode {
  return (
    <dl className={pairs ? 'facts facts-pairs' : 'facts'}>
      {of.map(([name, value, word]) => (
        <div key={name}>
          <dt>{word ? <Term of={word}>{name}</Term> : name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
