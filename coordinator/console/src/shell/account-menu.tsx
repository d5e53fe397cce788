import { ActionIcon, Menu, SegmentedControl, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import IconUser from '@tabler/icons-react/icons/IconUser';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import { signOut } from '../api/session.js';
import { useZone, type Zone } from '../parts/time.js';
import { words } from '../words/index.js';
import { useAccount } from './who.js';

/** Who is signed in, and how the console looks to them. */
export function AccountMenu(): ReactNode {
  const { name, roles } = useAccount();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { zone, setZone } = useZone();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { shell } = words;
  const leave = async () => {
    await signOut().catch(() => undefined);
    queries.clear();
    await navigate('/sign-in');
  };
  return (
    <Menu position="bottom-end" width={264} closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon variant="default" size={30} radius="xl" aria-label={`${shell.account}: ${name}`}>
          <IconUser size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="menu-who">
          <strong>{name}</strong>
          <span>{roles.map((role) => shell.roles[role]).join(', ')}</span>
        </div>
        <div className="menu-part">
          <span id="menu-theme">{shell.theme}</span>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-labelledby="menu-theme"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as MantineColorScheme)}
            data={(['light', 'dark', 'auto'] as const).map((value) => ({ value, label: shell.themes[value] }))}
          />
        </div>
        <div className="menu-part">
          <span id="menu-zone">{shell.zone}</span>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-labelledby="menu-zone"
            value={zone}
            onChange={(value) => setZone(value as Zone)}
            data={(['utc', 'local'] as const).map((value) => ({ value, label: shell.zones[value] }))}
          />
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings">
          {shell.pages.settings}
        </Menu.Item>
        <Menu.Item onClick={() => void leave()}>{shell.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
