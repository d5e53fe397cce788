import type { ReactNode } from 'react';
import type { StudyState } from '../../api/studies.js';
import { Badge, type BadgeTone } from '../../parts/badge.js';
import { words } from '../../words/index.js';

const TONES: Readonly<Record<StudyState, BadgeTone>> = {
  proposed: 'quiet',
  queued: 'quiet',
  keys: 'run',
  running: 'run',
  waiting: 'warn',
  releasing: 'run',
  done: 'good',
  stopped: 'quiet',
  failed: 'bad',
};

export function StudyBadge({ state }: { readonly state: StudyState }): ReactNode {
  return <Badge tone={TONES[state]}>{words.studies.states[state]}</Badge>;
}
