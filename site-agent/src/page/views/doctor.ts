import { summary, type Finding } from '../../doctor/index.js';
import { html, type Html } from '../html.js';

const TONE: Readonly<Record<Finding['result'], string>> = { ok: 'good', warn: 'warn', fail: 'bad', 'not run': 'soft' };

/** @param findings - undefined before the checks were run */
export function doctorView(findings: readonly Finding[] | undefined, csrf: string): Html {
  return html`<p>Looks at the network, the data and this machine. One question is sent to the coordinator, and no data.</p>
    <form method="post" action="/doctor">
      <input type="hidden" name="csrf" value="${csrf}" /><button>${findings ? 'Run the checks again' : 'Run the checks'}</button>
    </form>
    ${
      findings &&
      html`<p role="status">${summary(findings)}</p>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Check</th>
                <th scope="col">Result</th>
                <th scope="col">What was found</th>
              </tr>
            </thead>
            <tbody>
              ${findings.map(
                ({ check, result, code, evidence, fix, who }) =>
                  html`<tr>
                    <td>${check}</td>
                    <td class="${TONE[result]}">${result}</td>
                    <td>
                      ${evidence}${code !== null && html` <code>${code}</code>`}${fix !== null && html`<br /><strong>${fix}</strong> <span class="soft">(who: ${who})</span>`}
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </div>`
    }`;
}
