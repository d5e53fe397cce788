import type { LedgerDescription } from '../../cli/describe-ledger.js';
import type { SiteConfig } from '../../config/index.js';
import { html, type Html, type Part } from '../html.js';
import { keyField } from './study.js';

/** One population: what `site.yaml` says, and its ledger where it has one. */
export interface PopulationView {
  readonly name: string;
  readonly ledger: LedgerDescription | undefined;
  readonly head: string | undefined;
  readonly frozen: boolean;
}

export function limitsView(config: SiteConfig, populations: readonly PopulationView[], csrf: string): Html {
  return html`<h2>Populations and their budgets</h2>
    ${populations.length === 0 ? html`<p class="soft">site.yaml names no population yet.</p>` : populations.map((one) => populationCard(config, one, csrf))}
    <h2>Cohorts</h2>
    ${cohorts(config)}
    <h2>Rules of this site</h2>
    <div class="card">
      <dl>
        <dt>Privacy modes</dt>
        <dd>${config.policy.modes.join(', ')}</dd>
        <dt>Sites at least</dt>
        <dd>${config.policy.minSites}</dd>
        <dt>Patients at least</dt>
        <dd>${config.policy.minPatients}</dd>
        <dt>Largest delta</dt>
        <dd>${config.policy.deltaMax}</dd>
        <dt>Officers</dt>
        <dd>${config.officers.map(({ name }) => name).join(', ') || 'none: the site’s own key signs'}</dd>
      </dl>
      <p class="soft">They stand in <code>site.yaml</code>, which only site IT changes.</p>
    </div>`;
}

function cohorts({ cohorts: all }: SiteConfig): Html {
  if (all.size === 0) return html`<p class="soft">site.yaml names no cohort yet.</p>`;
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Cohort</th>
            <th scope="col">Population</th>
            <th scope="col">Source</th>
            <th scope="col">Patients told apart by</th>
          </tr>
        </thead>
        <tbody>
          ${[...all.values()].map(
            ({ name, population, source, patientId }) =>
              html`<tr>
                <td>${name}</td>
                <td>${population}</td>
                <td>${source.type}, <code>${[source.path].flat().join(', ')}</code></td>
                <td>${patientId ?? 'nothing: each row counts as one'}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="soft">Whether they fit: <code>consilium-site cohort check NAME</code>, or the doctor.</p>`;
}

function populationCard(config: SiteConfig, { name, ledger, head, frozen }: PopulationView, csrf: string): Html {
  const budget = config.budgets.get(name);
  const ceiling = budget
    ? html`<dt>Ceiling in site.yaml</dt>
        <dd>epsilon ${budget.epsilonLimit} at delta ${budget.delta}</dd>`
    : html`<dt>Ceiling in site.yaml</dt>
        <dd>none: no study that counts patients may use it</dd>`;
  if (!ledger)
    return html`<div class="card">
      <h3>${name}</h3>
      <dl>${ceiling}</dl>
      <p class="soft">It has no ledger yet: one is made with the first such study, and limits are decided on then.</p>
    </div>`;
  return html`<div class="card">
    <h3>${name}${frozen && html` <span class="bad">frozen</span>`}</h3>
    <p>Head of the ledger: <span class="words">${head}</span></p>
    <p class="soft">Compare these words with the console's by phone.</p>
    <dl>${ceiling}</dl>
    <pre class="mono scroll">${ledger.lines.join('\n')}</pre>
    ${form(
      name,
      frozen ? 'unfreeze' : 'freeze',
      csrf,
      frozen
        ? html`<h3>Unfreeze</h3>
            <p>Rounds over this population go on. Needs an officer’s key.</p>
            ${keyField(`unfreeze-${name}`, true)}<button class="plain">Unfreeze ${name}</button>`
        : html`<h3>Freeze</h3>
            <p>Every round over this population is refused from the next one on. Anybody at the site may.</p>
            <button class="danger">Freeze ${name}</button>`,
    )}
    ${form(
      name,
      'limit',
      csrf,
      html`<h3>Move the limit</h3>
        <label for="epsilon-${name}">New epsilon limit</label>
        <p class="hint">Lower: anybody at the site may. Higher: an officer’s key is needed, and site.yaml is the ceiling.</p>
        <input id="epsilon-${name}" name="epsilon" inputmode="decimal" required />${keyField(`limit-${name}`, false)}<button class="plain">
          Move the limit of ${name}
        </button>`,
    )}
  </div>`;
}

const form = (population: string, act: string, csrf: string, body: Part): Html =>
  html`<form method="post" action="/limits/${population}/${act}" autocomplete="off">
    <input type="hidden" name="csrf" value="${csrf}" />${body}
  </form>`;
