import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import IconSearch from '@tabler/icons-react/icons/IconSearch';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { listSites } from '../api/sites.js';
import { listStudies } from '../api/studies.js';
import { words } from '../words/index.js';
import { mayGo } from './navigation.js';
import { useAccount } from './who.js';

const [store, jump] = createSpotlight();
export const openJump = (): void => jump.open();

/** Ctrl-K: pages, studies by name or hash prefix, sites. */
export function JumpBox(): ReactNode {
  const navigate = useNavigate();
  const { roles } = useAccount();
  const [wanted, setWanted] = useState(false);
  const studies = useQuery({ queryKey: ['studies'], queryFn: ({ signal }) => listStudies(signal), enabled: wanted });
  const sites = useQuery({ queryKey: ['sites'], queryFn: ({ signal }) => listSites(signal), enabled: wanted });
  const go = (to: string) => () => void navigate(to);
  const actions: SpotlightActionData[] = [
    ...mayGo(roles).map(({ to, label }) => ({ id: to, label, onClick: go(to) })),
    ...(studies.data?.items ?? []).map(({ hash, name, stateReason }) => ({
      id: hash,
      label: name,
      description: `${hash.slice(0, 8)} · ${stateReason}`,
      keywords: [hash],
      onClick: go(`/studies/${hash}`),
    })),
    ...(sites.data?.items ?? []).map(({ site, state }) => ({
      id: `site-${site}`,
      label: site,
      description: words.sites.states[state],
      onClick: go(`/sites/${site}`),
    })),
  ];
  return (
    <Spotlight
      store={store}
      shortcut={['mod + K']}
      actions={actions}
      nothingFound={words.shell.jumpNothing}
      limit={12}
      highlightQuery
      lockScroll={false}
      onSpotlightOpen={() => setWanted(true)}
      searchProps={{ placeholder: words.shell.jumpHint, 'aria-label': words.shell.jump, leftSection: <IconSearch size={16} /> }}
    />
  );
}
