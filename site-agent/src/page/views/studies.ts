import type { StudyDescription } from '../../cli/describe-study.js';
import { html, type Html } from '../html.js';

/** @param note - why the list may be old, if it may */
export function studiesView(studies: readonly StudyDescription[], altered: readonly string[], note: string | undefined): Html {
  const waiting = studies.filter(({ data }) => data.decision === 'waiting' && data.name !== null);
  const others = studies.filter((one) => !waiting.includes(one));
  return html`${note !== undefined && html`<p class="soft">${note}</p>`}
    ${altered.map((hash) => html`<div class="notice bad" role="alert">What the coordinator sent as study <code>${hash.slice(0, 8)}</code> is not what that hash stands for, or not of this version. It was not kept, and there is nothing to approve.</div>`)}
    <h2>Waiting for a decision</h2>
    ${
      waiting.length === 0
        ? html`<p>Nothing waits for you.</p>`
        : waiting.map(
            ({ data }) =>
              html`<div class="card">
                <h3><a href="/studies/${data.hash}">${data.name ?? data.hash.slice(0, 8)}</a></h3>
                <p>Received ${data.receivedAt.slice(0, 10)}, version <code>${data.hash.slice(0, 8)}</code></p>
                <a href="/studies/${data.hash}">Review and decide</a>
              </div>`,
          )
    }
    <h2>All others</h2>
    ${
      others.length === 0
        ? html`<p class="soft">No study has been decided on yet.</p>`
        : html`<div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Study</th>
                  <th scope="col">Version</th>
                  <th scope="col">Where it stands</th>
                </tr>
              </thead>
              <tbody>
                ${others.map(
                  ({ data, line }) =>
                    html`<tr>
                      <td><a href="/studies/${data.hash}">${data.name ?? '(of another version)'}</a></td>
                      <td><code>${data.hash.slice(0, 8)}</code></td>
                      <td>${line.split('  ').slice(2).join(' ')}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }`;
}
