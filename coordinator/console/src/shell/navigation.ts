import IconBuildingHospital from '@tabler/icons-react/icons/IconBuildingHospital';
import IconChartDonut from '@tabler/icons-react/icons/IconChartDonut';
import IconFileText from '@tabler/icons-react/icons/IconFileText';
import IconFlask from '@tabler/icons-react/icons/IconFlask';
import IconHistory from '@tabler/icons-react/icons/IconHistory';
import IconInbox from '@tabler/icons-react/icons/IconInbox';
import IconListCheck from '@tabler/icons-react/icons/IconListCheck';
import IconPackageExport from '@tabler/icons-react/icons/IconPackageExport';
import IconSettings from '@tabler/icons-react/icons/IconSettings';
import type { Role } from '../api/session.js';
import { words } from '../words/index.js';

const { pages, groups } = words.shell;
const ALL: readonly Role[] = ['researcher', 'site-it', 'compliance', 'admin'];

/** Where one can go, and for whom it is worth going. */
export const NAVIGATION = [
  { to: '/inbox', label: pages.inbox, icon: IconInbox, group: groups.work, roles: ALL },
  { to: '/studies', label: pages.studies, icon: IconFlask, group: groups.work, roles: ALL },
  { to: '/sites', label: pages.sites, icon: IconBuildingHospital, group: groups.work, roles: ALL },
  { to: '/budgets', label: pages.budgets, icon: IconChartDonut, group: groups.work, roles: ['researcher', 'compliance', 'admin'] },
  { to: '/egress', label: pages.egress, icon: IconPackageExport, group: groups.proof, roles: ['site-it', 'compliance', 'admin'] },
  { to: '/ledgers', label: pages.ledgers, icon: IconListCheck, group: groups.proof, roles: ALL },
  { to: '/audit', label: pages.audit, icon: IconHistory, group: groups.proof, roles: ['compliance', 'admin'] },
  { to: '/reports', label: pages.reports, icon: IconFileText, group: groups.proof, roles: ['compliance', 'admin'] },
  { to: '/settings', label: pages.settings, icon: IconSettings, group: groups.house, roles: ALL },
] as const satisfies readonly { readonly roles: readonly Role[]; readonly [key: string]: unknown }[];

export const mayGo = (roles: readonly Role[]) => NAVIGATION.filter((entry) => entry.roles.some((role: Role) => roles.includes(role)));
