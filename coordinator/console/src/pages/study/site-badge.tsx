import type { ReactNode } from 'react';
import { Badge, type BadgeTone } from '../../parts/badge.js';
import { words } from '../../words/index.js';

const TONES: Readonly<Record<string, BadgeTone>> = {
  'not-approved': 'warn',
  approved: 'good',
  blocked: 'warn',
  ready: 'good',
  training: 'run',
  sealing: 'run',
  uploading: 'run',
  counted: 'good',
  opening: 'run',
  applied: 'good',
  refused: 'bad',
  failed: 'bad',
  late: 'warn',
  lost: 'warn',
  'out-of-step': 'bad',
  done: 'good',
};

/** What a site does in a study; refused, failed, late and lost are four different words. */
export function SiteBadge({ state }: { readonly state: string }): ReactNode {
  return (
    <Badge tone={TONES[state] ?? 'quiet'} title={words.study.siteStateTips[state]}>
      {words.study.siteStates[state] ?? state}
    </Badge>
  );
}
