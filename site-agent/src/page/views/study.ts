import { epsilonText, shownEpsilon } from '@consilium/privacy';
import { printable } from '@consilium/protocol';
import { html, type Html } from '../html.js';
import type { EpsilonForecast, StudyReview } from '../study-review.js';

/** What the forms need besides the study. */
export interface StudyForms {
  readonly csrf: string;
  /** Names of the officers of `site.yaml`; where there are any, an approval needs the key of one. */
  readonly officers: readonly string[];
}

export function studyView(review: StudyReview, forms: StudyForms): Html {
  const { hash, where, summary } = review;
  return html`<p class="soft">
      Version <code>${hash}</code>, as this site received it. At this site: ${where.line.split('  ').slice(2).join(' ')}.
    </p>
    ${forecastCard(review.forecast)} ${diffCard(review)}
    <div class="card">
      ${summary.map(
        ({ heading, lines }) =>
          html`<h3>${heading}</h3>
            ${lines.map((line) => html`<p>${line}</p>`)}`,
      )}
    </div>
    ${decisions(review, forms)}`;
}

const epsilon = (value: number): string => epsilonText(shownEpsilon(value));

function forecastCard(forecast: EpsilonForecast | undefined): Html {
  if (!forecast)
    return html`<div class="card">
      <h2>What it costs a patient</h2>
      <p class="warn">Mode none: no noise, and so no limit on what the model tells of the patients.</p>
    </div>`;
  const { promise, oddsSentence, ifAllOthersCollude, population, use } = forecast;
  return html`<div class="card">
    <h2>What it costs a patient</h2>
    <dl>
      <dt>Epsilon, if it runs as planned</dt>
      <dd><strong>${epsilon(promise)}</strong></dd>
      <dt>If all other sites collude</dt>
      <dd>${epsilon(ifAllOthersCollude)}</dd>
      ${
        use &&
        html`<dt>Population ${population}, all studies</dt>
          <dd>
            ${use.before.percentUsed.toFixed(1)} % of the limit is used
            now${use.after ? html`, ${use.after.percentUsed.toFixed(1)} % after this study` : ', and no limit holds after this study'}.
            ${use.fits ? html`<span class="good">It fits.</span>` : html`<span class="bad">It does not fit: this site would stop before its end.</span>`}
          </dd>`
      }
    </dl>
    <p>${oddsSentence}</p>
  </div>`;
}

function diffCard({ hash, diff }: StudyReview): Html | undefined {
  if (!diff) return undefined;
  return html`<div class="card">
    ${
      diff.isApproved
        ? html`<h2>Changed since <code>${diff.from.slice(0, 8)}</code>, the version last approved</h2>`
        : html`<h2>Changed since <code>${diff.from.slice(0, 8)}</code>, which this site has not approved</h2>
            <p class="warn">
              The link that opened this page asked for that version.
              <a href="/studies/${hash}">Compare with the version last approved</a>
            </p>`
    }
    <p class="soft">An approval never carries over to another version.</p>
    ${
      diff.changes.length === 0
        ? html`<p>Nothing that this version of the program knows.</p>`
        : html`<div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Field</th>
                  <th scope="col">Before</th>
                  <th scope="col">Now</th>
                  <th scope="col">What it means</th>
                </tr>
              </thead>
              <tbody>
                ${diff.changes.map(
                  ({ path, before, after, effect, concern }) =>
                    html`<tr>
                      <td><code>${path}</code></td>
                      <td>${before ?? '(absent)'}</td>
                      <td>${after ?? '(absent)'}</td>
                      <td>${effect ?? concern}</td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
    <details>
      <summary>Line by line</summary>
      <pre class="diff mono">
${diff.lines.map(({ kind, text }) => html`<span${kind === 'new' ? html` class="add"` : kind === 'gone' && html` class="del"`}>${kind === 'new' ? '+ ' : kind === 'gone' ? '− ' : '  '}${printable(text)}</span>`)}</pre>
    </details>
  </div>`;
}

function decisions({ hash, study, where }: StudyReview, forms: StudyForms): Html {
  const { decision, pausedBy, vote } = where.data;
  const hidden = html`<input type="hidden" name="csrf" value="${forms.csrf}" />`;
  const post = (act: string, body: Html) =>
    html`<form method="post" action="/studies/${hash}/${act}" class="card" autocomplete="off">${hidden}${body}</form>`;
  const sign = post(
    'approve',
    html`<h2>${decision === 'approved' ? 'Approve again, with other limits' : 'Approve'}</h2>
      <p>
        Your signature goes over the exact hash <code>${hash}</code> and the limits below. It can be withdrawn; what has left by then stays
        spent.
      </p>
      <label for="epsilonLimit">Epsilon limit</label>
      <p class="hint">This site takes part only as long as the study costs no more. Empty: no limit of its own.</p>
      <input id="epsilonLimit" name="epsilonLimit" inputmode="decimal" /> <label for="until">Last day</label>
      <p class="hint">Empty: without end.</p>
      <input id="until" name="until" type="date" /> <label for="release">Release of the model</label
      ><select id="release" name="release">
        <option value="ask">Ask this site at the end</option>
        ${study.release.when === 'approved-in-advance' && html`<option value="in-advance">Approved now, in advance</option>`}
      </select>
      <label for="reason">Reason</label>
      <p class="hint">Kept at this site, sent nowhere.</p>
      <input id="reason" name="reason" maxlength="500" />
      ${keyField('approve', forms.officers.length > 0)}
      <label for="confirm">Type <code>${study.name}</code> to confirm</label
      ><input id="confirm" name="confirm" required spellcheck="false" /><button>Sign the approval</button>`,
  );
  if (decision !== 'approved') return sign;
  return html`${post(
      'pause',
      html`<h2>${pausedBy === null ? 'Pause' : 'Paused'}</h2>
        <p>
          ${pausedBy === null ? 'This site rests from the next step on; the approval stands. Anybody here may; with an officer’s key only an officer resumes.' : `Paused by ${pausedBy === 'site' ? 'this site' : 'an officer'}.`}
        </p>
        ${keyField('pause', false)}<button class="plain">
          ${pausedBy === null ? 'Pause this study here' : 'Pause with an officer’s key'}
        </button>`,
    )}
    ${
      pausedBy !== null &&
      post(
        'resume',
        html`<h2>Resume</h2>
          <p>Takes part again, from the next round on.</p>
          ${keyField('resume', pausedBy === 'officer')}<button class="plain">Resume</button>`,
      )
    }
    ${post(
      'withdraw',
      html`<h2>Withdraw</h2>
        <p>From the next step on this site takes no part. What has left stays spent.</p>
        ${keyField('withdraw', false)}<label for="confirm-withdraw">Type <code>${hash.slice(0, 8)}</code> to confirm</label
        ><input id="confirm-withdraw" name="confirm" required spellcheck="false" /><button class="danger">Withdraw the approval</button>`,
    )}
    ${post(
      'release',
      html`<h2>Release of the model</h2>
        <p>
          ${vote === null ? 'This site has not voted.' : `This site votes ${vote}.`} The running agent signs and sends the vote when the
          study asks for it.
        </p>
        <label for="vote">Vote</label
        ><select id="vote" name="vote">
          <option value="yes">Yes, hand it over</option>
          <option value="no">No</option></select
        ><label for="confirm-vote">Type <code>${study.name}</code> to confirm</label
        ><input id="confirm-vote" name="confirm" required spellcheck="false" /><button class="plain">Record the vote</button>`,
    )}
    <details>
      <summary>Approve again, with other limits</summary>
      ${sign}
    </details>`;
}

/** Used for this one signature and kept nowhere: not by the page, not by the browser. */
export function keyField(act: string, needed: boolean): Html {
  return html`<label for="key-${act}">Officer’s private key${needed ? ' (needed)' : ' (if you are an officer)'}</label>
    <p class="hint">
      The line <code>consilium-officer-key-1.…</code> of your key file. It is used for this one signature and kept nowhere.
    </p>
    <input id="key-${act}" name="key" type="password" autocomplete="off" spellcheck="false" maxlength="1024" ${needed && html` required`} />
    <div hidden><label for="file-${act}">or choose the key file</label><input id="file-${act}" type="file" data-into="key" /></div>`;
}
