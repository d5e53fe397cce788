import { Navigate, type RouteObject } from 'react-router';
import { Shell } from './shell/shell.js';
import { Broken, NotFound } from './pages/not-found.js';

/** A page comes when it is first opened. */
const page = (load: () => Promise<{ readonly Component: React.ComponentType }>): Pick<RouteObject, 'lazy'> => ({ lazy: load });

export const routes: RouteObject[] = [
  { path: '/sign-in', ...page(() => import('./pages/access/sign-in.js')), errorElement: <Broken /> },
  { path: '/setup', ...page(() => import('./pages/access/setup.js')), errorElement: <Broken /> },
  { path: '/welcome', ...page(() => import('./pages/access/welcome.js')), errorElement: <Broken /> },
  {
    path: '/',
    element: <Shell />,
    errorElement: <Broken />,
    hydrateFallbackElement: <div className="lone" />,
    children: [
      { index: true, element: <Navigate to="/inbox" replace /> },
      {
        errorElement: <Broken />,
        children: [
          { path: 'inbox', ...page(() => import('./pages/inbox/inbox.js')) },
          { path: 'studies', ...page(() => import('./pages/studies/studies.js')) },
          { path: 'studies/new', ...page(() => import('./pages/writing/writing.js')) },
          { path: 'studies/compare', ...page(() => import('./pages/studies/compare.js')) },
          {
            path: 'studies/:hash',
            ...page(() => import('./pages/study/study.js')),
            children: [
              { index: true, ...page(() => import('./pages/study/overview.js')) },
              { path: 'rounds', ...page(() => import('./pages/study/rounds.js')) },
              { path: 'results', ...page(() => import('./pages/study/results.js')) },
              { path: 'versions', ...page(() => import('./pages/study/versions.js')) },
              { path: 'model', ...page(() => import('./pages/study/model.js')) },
            ],
          },
          { path: 'sites', ...page(() => import('./pages/sites/sites.js')) },
          { path: 'sites/:name', ...page(() => import('./pages/sites/site.js')) },
          { path: 'budgets', ...page(() => import('./pages/budgets/budgets.js')) },
          { path: 'egress', ...page(() => import('./pages/egress/egress.js')) },
          { path: 'ledgers', ...page(() => import('./pages/ledgers/ledgers.js')) },
          { path: 'audit', ...page(() => import('./pages/audit/audit.js')) },
          { path: 'reports', ...page(() => import('./pages/reports/reports.js')) },
          { path: 'settings', ...page(() => import('./pages/settings/settings.js')) },
          { path: '*', element: <NotFound /> },
        ],
      },
    ],
  },
];
