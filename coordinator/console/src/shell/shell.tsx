import { AppShell, Burger, Kbd, NavLink, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import IconSearch from '@tabler/icons-react/icons/IconSearch';
import { useQuery } from '@tanstack/react-query';
import { useEffect, type ReactNode } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { readInbox } from '../api/office.js';
import { LiveProvider, useTopics } from '../live/live-provider.js';
import { words } from '../words/index.js';
import { AccountMenu } from './account-menu.js';
import { JumpBox, openJump } from './jump.js';
import { mayGo } from './navigation.js';
import { StatusLine } from './status-line.js';
import { SignedIn, useAccount } from './who.js';

/** What stands around every page of somebody who is signed in. */
export function Shell(): ReactNode {
  return (
    <SignedIn>
      <LiveProvider>
        <Frame />
      </LiveProvider>
    </SignedIn>
  );
}

function Frame(): ReactNode {
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(close, [pathname, close]);
  return (
    <AppShell header={{ height: 48 }} navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding={0}>
      <a className="skip" href="#content">
        {words.shell.skip}
      </a>
      <AppShell.Header className="top">
        <Burger
          opened={opened}
          onClick={toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={opened ? words.shell.closeNavigation : words.shell.openNavigation}
        />
        <Link to="/inbox" className="brand">
          <img src="/icon.svg" alt="" width={22} height={22} />
          <span>{words.shell.product}</span>
        </Link>
        <UnstyledButton className="jump" onClick={openJump} aria-keyshortcuts="Control+K">
          <IconSearch size={14} aria-hidden />
          <span>{words.shell.jump}</span>
          <Kbd size="xs">Ctrl K</Kbd>
        </UnstyledButton>
        <StatusLine />
        <AccountMenu />
      </AppShell.Header>
      <AppShell.Navbar className="side" aria-label={words.shell.navigation}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <JumpBox />
    </AppShell>
  );
}

function Navigation(): ReactNode {
  const { pathname } = useLocation();
  const { roles } = useAccount();
  useTopics('inbox');
  const inbox = useQuery({ queryKey: ['inbox'], queryFn: ({ signal }) => readInbox(signal) });
  const waiting = inbox.data?.items.length ?? 0;
  const entries = mayGo(roles);
  return entries.map(({ to, label, icon: Icon, group }, index) => (
    <div key={to}>
      {entries[index - 1]?.group !== group && <p className="side-group">{group}</p>}
      <NavLink
        component={Link}
        to={to}
        label={label}
        leftSection={<Icon size={16} aria-hidden />}
        rightSection={to === '/inbox' && waiting > 0 ? <span className="count nums">{waiting}</span> : undefined}
        active={pathname === to || pathname.startsWith(`${to}/`)}
        aria-current={pathname === to ? 'page' : undefined}
      />
    </div>
  ));
}
