import { ActionIcon, CopyButton } from '@mantine/core';
import IconCheck from '@tabler/icons-react/icons/IconCheck';
import IconCopy from '@tabler/icons-react/icons/IconCopy';
import type { ReactNode } from 'react';
import { words } from '../words/index.js';

/** A button that puts `value` on the clipboard. */
export function Copy({ value, label = words.shell.copy }: { readonly value: string; readonly label?: string }): ReactNode {
  return (
    <CopyButton value={value} timeout={2_000}>
      {({ copied, copy }) => (
        <ActionIcon variant="subtle" color="gray" size={24} onClick={copy} aria-label={copied ? words.shell.copied : label}>
          {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      )}
    </CopyButton>
  );
}

/** The first eight digits of a hash, and a way to the rest. */
export function Hash({ of, copy = true }: { readonly of: string; readonly copy?: boolean }): ReactNode {
  return (
    <span className="hash">
      <code title={of}>{of.slice(0, 8)}</code>
      {copy && <Copy value={of} label={words.study.copyHash} />}
    </span>
  );
}

/** A line to type, with a way to take it along. */
export function CommandLine({ children }: { readonly children: string }): ReactNode {
  return (
    <span className="command">
      <code>{children}</code>
      <Copy value={children} />
    </span>
  );
}
