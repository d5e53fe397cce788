import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle';
import IconCircleCheck from '@tabler/icons-react/icons/IconCircleCheck';
import IconCircleDashed from '@tabler/icons-react/icons/IconCircleDashed';
import IconCircleX from '@tabler/icons-react/icons/IconCircleX';
import IconPlayerPlay from '@tabler/icons-react/icons/IconPlayerPlay';
import type { ReactNode } from 'react';

export type BadgeTone = 'good' | 'run' | 'warn' | 'bad' | 'quiet';

const ICONS = { good: IconCircleCheck, run: IconPlayerPlay, warn: IconAlertTriangle, bad: IconCircleX, quiet: IconCircleDashed };

/** A state as word, icon and colour: never colour alone. */
export function Badge({
  tone,
  children,
  title,
}: {
  readonly tone: BadgeTone;
  readonly children: ReactNode;
  readonly title?: string | undefined;
}): ReactNode {
  const Icon = ICONS[tone];
  return (
    <span className={`badge badge-${tone}`} title={title}>
      <Icon size={13} aria-hidden />
      {children}
    </span>
  );
}
