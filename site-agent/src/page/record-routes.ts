import { EGRESS_KINDS, egressTotals, matchesFilter, readEgress, type EgressFilter, type EgressLine } from '../egress/index.js';
import { readStoredStudy } from '../approval/index.js';
import { listResults } from '../rounds/site-results.js';
import { listStudies, type SiteState, type StoredStudy } from '../state/index.js';
import { studyOf, type PageDesk } from './page-desk.js';
import { page, type PageReply, type PageRequest } from './page-reply.js';
import { egressCsvHeader, egressCsvLine, egressView, SHOWN } from './views/egress.js';
import { resultsCsv, resultsView, type StudyResults } from './views/results.js';

export function resultsPage(desk: PageDesk): Promise<PageReply> {
  return desk.read((state) => {
    const studies = listStudies(state).flatMap((stored) => resultsOf(state, stored) ?? []);
    return page({ title: 'Own results', place: '/results', body: resultsView(studies) });
  });
}

/** A study of another version of the program has no figures that this one could read. */
function resultsOf(state: SiteState, stored: StoredStudy): StudyResults | undefined {
  try {
    const study = readStoredStudy(stored);
    return { hash: stored.hash, name: study.name, results: listResults(state, stored.hash, study) };
  } catch {
    return undefined;
  }
}

export function resultsFile(desk: PageDesk, { parts: [hash = ''] }: PageRequest): Promise<PageReply> {
  return desk.read((state) => {
    const stored = studyOf(state, hash);
    const text = resultsCsv(listResults(state, stored.hash, readStoredStudy(stored)));
    return csv(`results-${hash.slice(0, 8)}.csv`, once(text));
  });
}

export function egressPage(desk: PageDesk, { query }: PageRequest): Promise<PageReply> {
  const filter = filterOf(query);
  return desk.read(async ({ layout }) => {
    const last: EgressLine[] = [];
    for await (const line of readEgress(layout.egress)) {
      if (line === undefined || !matchesFilter(line, filter)) continue;
      last.push(line);
      if (last.length > 2 * SHOWN) last.splice(0, SHOWN);
    }
    const totals = await egressTotals(layout.egress, filter);
    const asked = new URLSearchParams(Object.entries(filter).filter((pair): pair is [string, string] => pair[1] !== undefined));
    return page({ title: 'What left', place: '/egress', body: egressView(filter, totals, last.slice(-SHOWN).reverse(), asked.toString()) });
  });
}

export function egressFile(desk: PageDesk, { query }: PageRequest): Promise<PageReply> {
  return desk.read(({ layout }) => csv('egress.csv', egressCsv(layout.egress, filterOf(query))));
}

async function* egressCsv(path: string, filter: EgressFilter): AsyncGenerator<string> {
  yield egressCsvHeader;
  for await (const line of readEgress(path)) if (line && matchesFilter(line, filter)) yield egressCsvLine(line);
}

/** What has not the right form filters nothing. */
function filterOf(query: URLSearchParams): EgressFilter {
  const of = (name: string, form: RegExp) => {
    const text = query.get(name) ?? '';
    return form.test(text) ? text : undefined;
  };
  const kind = EGRESS_KINDS.find((one) => one === query.get('kind'));
  return { study: of('study', /^[0-9a-f]{1,64}$/), kind, from: of('from', /^\d{4}-\d{2}-\d{2}$/), to: of('to', /^\d{4}-\d{2}-\d{2}$/) };
}

const csv = (name: string, text: AsyncIterable<string>): PageReply => ({ kind: 'file', type: 'text/csv; charset=utf-8', name, text });

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
