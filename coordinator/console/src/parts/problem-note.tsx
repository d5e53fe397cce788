import { Alert, Button } from '@mantine/core';
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle';
import type { ReactNode } from 'react';
import type { Problem } from '../api/problem.js';
import { words } from '../words/index.js';

/** What went wrong, what to do, and the code to quote. */
export function ProblemNote({ problem, retry }: { readonly problem: Problem; readonly retry?: () => void }): ReactNode {
  return (
    <Alert className="note-bad" role="alert" variant="default" icon={<IconAlertTriangle size={18} />} title={problem.detail} mb="sm">
      {problem.fix && <p>{problem.fix}</p>}
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map(({ pointer, detail, fix }) => (
            <li key={`${pointer} ${detail}`}>
              <code>{pointer}</code> {detail} {fix}
            </li>
          ))}
        </ul>
      )}
      <p className="soft">
        <code>{problem.code}</code> {problem.traceId && words.shell.reference(problem.traceId)}
      </p>
      {retry && (
        <Button size="xs" variant="default" onClick={retry}>
          {words.shell.retry}
        </Button>
      )}
    </Alert>
  );
}
