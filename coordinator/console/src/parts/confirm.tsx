import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Problem } from '../api/problem.js';
import { words } from '../words/index.js';
import { ProblemNote } from './problem-note.js';

export interface ConfirmProps {
  readonly opened: boolean;
  onClose(): void;
  readonly title: string;
  readonly children: ReactNode;
  readonly confirm: string;
  /** What has to be typed first, for what cannot be undone. */
  readonly type?: string;
  readonly danger?: boolean;
  readonly busy: boolean;
  readonly problem?: Problem | undefined;
  readonly disabled?: boolean;
  onConfirm(): void;
}

/** Asks before an act, and says afterwards why it did not work. */
export function Confirm(props: ConfirmProps): ReactNode {
  const { opened, onClose, title, children, confirm, type, danger, busy, problem, disabled, onConfirm } = props;
  const [typed, setTyped] = useState('');
  const ready = (type === undefined || typed === type) && !disabled;
  return (
    <Modal opened={opened} onClose={onClose} title={title} centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onConfirm();
        }}
      >
        {children}
        {type !== undefined && (
          <TextInput
            mt="md"
            label={words.shell.ask.confirm(type)}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        )}
        {problem && <ProblemNote problem={problem} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            {words.shell.cancel}
          </Button>
          <Button type="submit" color={danger ? 'red' : undefined} loading={busy} disabled={!ready}>
            {confirm}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
