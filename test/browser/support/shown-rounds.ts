import type { Page } from 'playwright-core';
import type { Consortium } from '../../../demo/src/index.js';

interface ApiRound {
  readonly round: number;
  readonly attempt: number;
  readonly kind: string;
  readonly outcome: string;
  readonly contributors: readonly string[];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A round as the table of the console tells it. */
const told = ({ round, attempt, kind, outcome, contributors }: ApiRound): string =>
  [attempt > 0 ? `${round}, try ${attempt + 1}` : round, kind, capital(outcome), contributors.join(', ') || '–'].join(' | ');

/** All rounds of a study by the API, newest first. */
export async function recordedRounds(consortium: Consortium, hash: string): Promise<readonly ApiRound[]> {
  const found: ApiRound[] = [];
  let cursor = '';
  do {
    const page = (await consortium.api('GET', `/studies/${hash}/rounds?limit=50${cursor}`)) as {
      items: ApiRound[];
      nextCursor: string | null;
    };
    found.push(...page.items);
    cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
  } while (cursor !== '');
  return found.toReversed();
}

export const tellRounds = (rounds: readonly ApiRound[]): readonly string[] => rounds.map(told);

/** What the browser knows of a row. */
interface Row {
  readonly cells: ArrayLike<{ readonly innerText: string }>;
}

async function cellsOf(page: Page, table: string): Promise<readonly (readonly string[])[]> {
  const rows = page.getByRole('region', { name: table, exact: true }).locator('tbody tr');
  return rows.evaluateAll((all) => (all as unknown as Row[]).map(({ cells }) => Array.from(cells, ({ innerText }) => innerText.trim())));
}

/** The rows of the table of rounds, as they stand on the page. */
export async function shownRounds(page: Page): Promise<readonly string[]> {
  return (await cellsOf(page, 'Rounds')).map((cells) => [0, 1, 2, 5].map((column) => cells[column]).join(' | '));
}

/** The rounds that the plot "Seconds by round" has a bar for, by its data table, which must be open. */
export async function plottedRounds(page: Page): Promise<readonly number[]> {
  return (await cellsOf(page, 'Seconds by round')).map((cells) => Number(cells[1]));
}
