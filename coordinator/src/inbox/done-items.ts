import type { StudyInWork } from '../http/study-desk.js';
import type { DoneItem } from './inbox-item.js';

const MOST = 5;

const END: Readonly<Record<string, string>> = { done: 'is done', stopped: 'was stopped', failed: 'failed' };

/** What was done last, newest first. */
export function doneItems(
  studies: readonly StudyInWork[],
  admitted: readonly { readonly site: string; readonly at: Date }[],
): readonly DoneItem[] {
  const all: readonly DoneItem[] = [
    ...studies.flatMap(({ summary: { hash, name, state }, launchedAt, endedAt }) => [
      ...(launchedAt === null ? [] : [{ id: `launched:${hash}`, title: `${name} was launched`, at: launchedAt, link: `/studies/${hash}` }]),
      ...(endedAt === null
        ? []
        : [{ id: `ended:${hash}`, title: `${name} ${END[state] ?? 'ended'}`, at: endedAt, link: `/studies/${hash}` }]),
    ]),
    ...admitted.map(({ site, at }) => ({
      id: `admitted:${site}`,
      title: `${site} was admitted`,
      at: at.toISOString(),
      link: `/sites/${site}`,
    })),
  ];
  return all.toSorted((one, other) => other.at.localeCompare(one.at)).slice(0, MOST);
}
