import { Button, Checkbox } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { admit, type SiteView } from '../../api/sites.js';
import { Confirm } from '../../parts/confirm.js';
import { useAct } from '../../parts/use-act.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';

const { sites: w } = words;

/** Makes a site that has joined a member, once the words were compared. */
export function Admit({ site: { site, words: eight } }: { readonly site: SiteView }): ReactNode {
  const may = useMay('admin');
  const [asking, setAsking] = useState(false);
  const [same, setSame] = useState(false);
  const admitting = useAct({
    act: () => admit(site),
    changes: [['sites'], ['inbox']],
    say: () => w.admitted(site),
    done: () => setAsking(false),
  });
  if (!may) return null;
  return (
    <>
      <Button size="compact-xs" onClick={() => setAsking(true)}>
        {w.admit}
      </Button>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={w.admitTitle(site)}
        confirm={w.admit}
        busy={admitting.busy}
        problem={admitting.problem}
        disabled={!same}
        onConfirm={() => admitting.run()}
      >
        <p>{w.admitBody}</p>
        <p className="words">{eight}</p>
        <Checkbox label={w.admitSame} checked={same} onChange={(event) => setSame(event.currentTarget.checked)} />
      </Confirm>
    </>
  );
}
