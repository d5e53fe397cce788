import type { ReactNode, RefObject } from 'react';
import { useSearchParams } from 'react-router';
import { Page } from '../../parts/page.js';
import { useShownTab } from '../../parts/use-shown-tab.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { Me } from './me.js';
import { Notices } from './notices.js';
import { People } from './people.js';
import { SignInSettings } from './provider.js';
import { Retention } from './retention.js';
import { Tokens } from './tokens.js';
import { Webhooks } from './webhooks.js';

const { settings: w } = words;
type Tab = keyof typeof w.tabs;
const PARTS: Readonly<Record<Tab, () => ReactNode>> = {
  me: Me,
  people: People,
  signIn: SignInSettings,
  tokens: Tokens,
  notices: Notices,
  webhooks: Webhooks,
  retention: Retention,
};
const FOR_ADMIN: readonly Tab[] = ['people', 'signIn', 'notices', 'webhooks', 'retention'];

export function Component(): ReactNode {
  const [search, setSearch] = useSearchParams();
  const admin = useMay('admin');
  const tabs = (Object.keys(PARTS) as Tab[]).filter((tab) => admin || !FOR_ADMIN.includes(tab));
  const tab = tabs.find((one) => one === search.get('part')) ?? 'me';
  const Part = PARTS[tab];
  const row = useShownTab(tab);
  return (
    <Page title={w.title}>
      <div ref={row as RefObject<HTMLDivElement | null>} className="tabs" role="tablist" aria-label={w.tabsLabel}>
        {tabs.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === tab}
            aria-controls="settings-part"
            onClick={() => setSearch({ part: one }, { replace: true })}
          >
            {w.tabs[one]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="settings-part" aria-labelledby={`tab-${tab}`}>
        <Part />
      </div>
    </Page>
  );
}
