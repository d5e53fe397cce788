import type { EngineProbe } from '../doctor/index.js';
import { examine, type CheckGroup } from '../doctor/index.js';
import { decideOnLimit, limitsPage } from './limit-routes.js';
import type { PageDesk } from './page-desk.js';
import { page, type PageReply, type PageRequest } from './page-reply.js';
import { egressFile, egressPage, resultsFile, resultsPage } from './record-routes.js';
import { decideOnStudy, studiesPage, studyPage } from './study-routes.js';
import { doctorView } from './views/doctor.js';

/** One address of the page, for people who are signed in. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  answer(request: PageRequest): PageReply | Promise<PageReply>;
}

const EVERYTHING: ReadonlySet<CheckGroup> = new Set(['network', 'data', 'site']);

/** @param engine - what the agent trains on; it has been chosen already */
export function pageRoutes(desk: PageDesk, engine: EngineProbe): readonly Route[] {
  const get = (path: RegExp, answer: Route['answer']): Route => ({ method: 'GET', path, answer });
  const post = (path: RegExp, answer: Route['answer']): Route => ({ method: 'POST', path, answer });
  return [
    get(/^\/$/, () => studiesPage(desk)),
    get(/^\/studies\/([0-9a-f]{64})$/, (request) => studyPage(desk, request)),
    post(/^\/studies\/([0-9a-f]{64})\/(approve|withdraw|pause|resume|release)$/, (request) => decideOnStudy(desk, request)),
    get(/^\/results$/, () => resultsPage(desk)),
    get(/^\/results\/([0-9a-f]{64})\.csv$/, (request) => resultsFile(desk, request)),
    get(/^\/limits$/, (request) => limitsPage(desk, request)),
    post(/^\/limits\/([^/]{1,100})\/(limit|freeze|unfreeze)$/, (request) => decideOnLimit(desk, request)),
    get(/^\/egress$/, (request) => egressPage(desk, request)),
    get(/^\/egress\.csv$/, (request) => egressFile(desk, request)),
    get(/^\/doctor$/, ({ session }) => page({ title: 'Doctor', place: '/doctor', body: doctorView(undefined, session.csrf) })),
    post(/^\/doctor$/, ({ session }) => examined(desk, engine, session.csrf)),
  ];
}

async function examined(desk: PageDesk, engine: EngineProbe, csrf: string): Promise<PageReply> {
  const config = await desk.read((_, loaded) => loaded);
  return page({ title: 'Doctor', place: '/doctor', body: doctorView(await examine({ config, groups: EVERYTHING, engine }), csrf) });
}
