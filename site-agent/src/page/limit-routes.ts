import type { Decision } from '@consilium/ledger';
import { PopulationName } from '@consilium/protocol';
import { describeDecision } from '../cli/describe-decision.js';
import { describeHead, describeLedger } from '../cli/describe-ledger.js';
import type { SiteConfig } from '../config/index.js';
import { decideOnLedger, limitOf, onLedger, type OnLedger } from '../decisions/index.js';
import { openDecisions, readPopulationLedger } from '../ledger/index.js';
import type { SiteState } from '../state/index.js';
import { given, keyOf, type PageDesk } from './page-desk.js';
import { done, page, type PageReply, type PageRequest } from './page-reply.js';
import { limitsView, type PopulationView } from './views/limits.js';

export function limitsPage(desk: PageDesk, { session }: PageRequest): Promise<PageReply> {
  return desk.read(async (state, config) => {
    const populations = await Promise.all([...config.populations.keys()].map((name) => populationView(state, config, name)));
    return page({ title: 'Cohorts and limits', place: '/limits', body: limitsView(config, populations, session.csrf) });
  });
}

async function populationView(state: SiteState, config: SiteConfig, name: string): Promise<PopulationView> {
  const population = PopulationName.safeParse(name).data;
  const read = population && (await readPopulationLedger(state, population));
  if (!read) return { name, ledger: undefined, head: undefined, frozen: false };
  const ledger = describeLedger(read, config.budgets.get(name)?.epsilonLimit, openDecisions(state, population));
  return { name, ledger, head: describeHead(read).lines[1], frozen: read.state.frozen !== undefined };
}

/** As the commands `ledger limit`, `freeze` and `unfreeze`: anybody at the site may tighten, an officer's key loosens. */
export function decideOnLimit(desk: PageDesk, { parts: [population = '', act = ''], form }: PageRequest): Promise<PageReply> {
  return desk.read(async (state, config) => {
    const at = await onLedger(state, config, population);
    const signed = await decideOnLedger(at, decisionOf(act, form, at), keyOf(form), desk.signal);
    return done('/limits', describeDecision(signed).text.replace('\n', ' '));
  });
}

function decisionOf(act: string, form: URLSearchParams, at: OnLedger): Decision {
  return act === 'freeze' || act === 'unfreeze' ? { kind: act } : limitOf(given(form, 'epsilon') ?? '', at);
}
