import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { words } from '../../words/index.js';

/** The plain frame of the pages before anybody is signed in. */
export function Gate({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · ${words.shell.product}`;
  }, [title]);
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="brand">
          <img src="/icon.svg" alt="" width={28} height={28} />
          <span>{words.shell.product}</span>
        </div>
        <h1>{title}</h1>
        <p className="soft">{lead}</p>
        {children}
      </div>
      <p className="gate-foot">{words.access.promise}</p>
    </main>
  );
}
