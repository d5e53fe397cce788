import { Button, FileButton } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { words } from '../../words/index.js';

const { ledgers: w } = words;

/** Takes a ledger and, where there is one, its checkpoint: dropped, or chosen by a button. */
export function DropLedger({
  take,
  disabled,
}: {
  take(name: string, file: Uint8Array, checkpoint: string | undefined): void;
  readonly disabled: boolean;
}): ReactNode {
  const [over, setOver] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const read = async (files: readonly File[]) => {
    const note = files.find(({ name }) => name.endsWith('.note'));
    const ledger = files.find((file) => file !== note);
    if (!ledger) return;
    setChosen(files.map(({ name }) => name));
    take(ledger.name, new Uint8Array(await ledger.arrayBuffer()), note && (await note.text()));
  };
  return (
    <div
      className="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void read([...event.dataTransfer.files]);
      }}
    >
      <p className="soft">{w.dropHint}</p>
      <FileButton multiple onChange={(files) => void read(files)} accept=".jsonl,.note,application/jsonl">
        {(props) => (
          <Button {...props} size="xs" variant="default" disabled={disabled}>
            {w.choose}
          </Button>
        )}
      </FileButton>
      {chosen.length > 0 && <p className="soft">{w.chosen(chosen.join(', '))}</p>}
    </div>
  );
}
