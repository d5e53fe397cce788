import type { ReactNode } from 'react';
import type { SiteView } from '../../api/sites.js';
import { Badge } from '../../parts/badge.js';
import { words } from '../../words/index.js';

const TONES = { invited: 'quiet', pending: 'warn', admitted: 'good', revoked: 'bad' } as const;

export function SiteState({ state }: { readonly state: SiteView['state'] }): ReactNode {
  return <Badge tone={TONES[state]}>{words.sites.states[state]}</Badge>;
}

export function Connection({ connected }: { readonly connected: boolean }): ReactNode {
  return <Badge tone={connected ? 'good' : 'quiet'}>{connected ? words.sites.connected : words.sites.away}</Badge>;
}
