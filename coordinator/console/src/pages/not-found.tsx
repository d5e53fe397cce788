import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, useRouteError } from 'react-router';
import { asProblem } from '../api/problem.js';
import { Empty, Page } from '../parts/page.js';
import { ProblemNote } from '../parts/problem-note.js';
import { words } from '../words/index.js';

export function NotFound(): ReactNode {
  return (
    <Page title={words.shell.notFound}>
      <Empty
        title={words.shell.notFoundDo}
        act={
          <Button component={Link} to="/inbox">
            {words.shell.toInbox}
          </Button>
        }
      />
    </Page>
  );
}

/** A page that broke, or whose code did not arrive. */
export function Broken(): ReactNode {
  const error = useRouteError();
  return (
    <main className="lone">
      <ProblemNote problem={asProblem(error)} retry={() => location.reload()} />
    </main>
  );
}
