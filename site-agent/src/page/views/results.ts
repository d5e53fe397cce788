import type { StudyHash } from '@consilium/protocol';
import type { SiteResult } from '../../rounds/site-results.js';
import { html, type Html } from '../html.js';

export interface StudyResults {
  readonly hash: StudyHash;
  readonly name: string;
  readonly results: readonly SiteResult[];
}

export function resultsView(studies: readonly StudyResults[]): Html {
  const some = studies.filter(({ results }) => results.length > 0);
  return html`<p>Figures of this site's own patients. They exist nowhere else: the researcher sees totals over all sites only.</p>
    ${some.length === 0 && html`<p class="soft">No study has measured anything here yet. Figures come with the first round in which a study counts its metrics.</p>`}
    ${some.map(
      ({ hash, name, results }) =>
        html`<div class="card">
          <h2>${name} <code>${hash.slice(0, 8)}</code></h2>
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col" class="number">Round</th>
                  <th scope="col" class="number">Training patients</th>
                  <th scope="col" class="number">Test patients</th>
                  <th scope="col" class="number">Loss</th>
                  <th scope="col" class="number">Accuracy</th>
                  <th scope="col" class="number">Training loss</th>
                </tr>
              </thead>
              <tbody>
                ${results.map(
                  (one) =>
                    html`<tr>
                      <td class="number">${one.round}</td>
                      <td class="number">${one.trainPatients}</td>
                      <td class="number">${one.testPatients}</td>
                      <td class="number">${digits(one.loss)}</td>
                      <td class="number">${digits(one.accuracy)}</td>
                      <td class="number">${digits(one.trainLoss)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
          <p><a href="/results/${hash}.csv">All figures as CSV</a></p>
        </div>`,
    )}`;
}

const digits = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(4));

/** Every figure of every round, one a line; what is not defined says why. */
export function resultsCsv(results: readonly SiteResult[]): string {
  const rows = results.flatMap(({ round, figures }) => figures.map(({ name, value, reason }) => [round, name, value ?? '', reason ?? '']));
  return [['round', 'figure', 'value', 'why'], ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n');
}

/** Quoted, and never a formula. */
export function csvCell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
