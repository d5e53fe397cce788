import { ConsiliumError, type ErrorClass } from '@consilium/protocol';
import type { Fault } from '../budget/fault.js';
import type { LedgerState } from '../budget/state.js';
import type { DecidedBy } from '../entries/decision.js';
import type { Stop } from '../entries/fold.js';
import { FORM_DETAIL } from '../entries/ledger-line.js';

/** With the code and the fields that may leave the site: names and numbers, which the list of refusals declares. */
export class LedgerRefused extends ConsiliumError {
  /** @param code - for people at the site, where what leaves it says less */
  constructor(
    readonly refusal: { readonly code: string; readonly fields: Readonly<Record<string, string>> },
    errorClass: ErrorClass,
    message: string,
    fix: string,
    code = refusal.code,
  ) {
    super({ code, errorClass, message, fix });
  }
}

/** A request that the rules of the ledger refuse, as a person meets it. Nothing was written. */
export function refused({ fault, detail }: Fault, state: LedgerState | undefined, study?: string): ConsiliumError {
  const population = state?.name.population ?? '';
  switch (fault) {
    case 'frozen':
      return paused(
        state?.frozen,
        `Population ${population} is frozen.`,
        `An officer at the site lifts it: consilium-site ledger unfreeze ${population} --key FILE.`,
      );
    case 'not-approved':
      return notApproved(state, study);
    case 'not-allowed':
      return simple('NOT_ALLOWED', `This ${detail}.`, 'An officer does it at the site; the console may only tighten.', 'forbidden');
    default:
      return simple(
        'LEDGER_REFUSED',
        `The ledger of population ${population} takes no entry that ${detail}.`,
        'Look at consilium-site ledger show.',
      );
  }
}

function notApproved(state: LedgerState | undefined, study: string | undefined): ConsiliumError {
  const record = study === undefined ? undefined : state?.studies.get(study);
  const status = record?.status;
  if (status === 'paused') return paused(record?.by, 'The study is paused at this site.', 'At the site: consilium-site study resume HASH.');
  if (status === 'withdrawn' || status === 'expired')
    return new LedgerRefused(
      { code: 'APPROVAL_ENDED', fields: { why: status } },
      'refused',
      `The approval of this study has ended (${status}).`,
      'An officer at the site approves it again, or the study goes on without it.',
    );
  return simple(
    'NOT_APPROVED',
    'The site has not approved this study.',
    'An officer at the site signs: consilium-site study approve HASH.',
  );
}

function paused(by: DecidedBy | undefined, message: string, fix: string): ConsiliumError {
  return new LedgerRefused({ code: 'PAUSED', fields: { by: pausedBy(by) } }, 'refused', message, fix);
}

function pausedBy(by: DecidedBy | undefined): 'officer' | 'consortium' | 'site' {
  return by?.role === 'officer' ? 'officer' : by?.role === 'coordinator' ? 'consortium' : 'site';
}

/** @param wouldReach - epsilon as PROTOCOL.md section 7 shows it, with the rounds that were asked for */
export function budgetExhausted(population: string, wouldReach: number, limit: number, affordable: number): ConsiliumError {
  const fields = { population, wouldReach: wouldReach.toFixed(4), limit: String(Number(limit.toFixed(6))) };
  return new LedgerRefused(
    { code: 'BUDGET_EXHAUSTED', fields },
    'refused',
    `These rounds would bring population ${population} to epsilon ${wouldReach.toFixed(4)}; its limit is ${limit}.`,
    `Ask the site's officer to raise the limit at the site, or run fewer rounds (${affordable} of them fit now).`,
  );
}

export function lockTaken(population: string): ConsiliumError {
  return new ConsiliumError({
    code: 'STATE_IN_USE',
    errorClass: 'failed',
    message: `Another process writes the ledger of population ${population}.`,
    fix: 'Stop the other agent: a ledger has one writer.',
  });
}

export function invalidLedger(population: string, { index, why }: Stop): ConsiliumError {
  return new LedgerRefused(
    { code: 'LEDGER_INVALID', fields: { population } },
    'verification',
    `Line ${index + 1} of the ledger of population ${population} ${typeof why === 'string' ? FORM_DETAIL[why] : why.detail}.`,
    'Keep the file as evidence, move it away, and start again: the agent then fetches the entries from the mirror and checks them.',
  );
}

export function witnessesMissing(population: string, missing: readonly string[], needed: number): ConsiliumError {
  return new LedgerRefused(
    { code: 'WITNESS_QUORUM', fields: { missing: cut(missing) } },
    'unreachable',
    `The ledger of population ${population} waits for ${needed} more of its witnesses: ${missing.join(', ')}.`,
    'Bring those sites back; the entry stands and is used as soon as they have cosigned it.',
  );
}

/** Sites that were to become witnesses did not answer; with them among the witnesses nothing could be published. */
export function notIntroduced(population: string, missing: readonly string[]): ConsiliumError {
  return new LedgerRefused(
    { code: 'WITNESS_QUORUM', fields: { missing: cut(missing) } },
    'unreachable',
    `${missing.join(', ')} did not cosign the ledger of population ${population}, so nobody was added to its witnesses.`,
    'Bring those sites back first: a witness that never answers would stop the ledger, and none is ever taken out.',
  );
}

/** @param population - others hold its ledger, or it lies here, under a key that this site had before and no longer has */
export function keyMissing(population: string): ConsiliumError {
  return new LedgerRefused(
    { code: 'LEDGER_INVALID', fields: { population } },
    'verification',
    `The ledger of population ${population} is signed with an earlier key of this site, and that key is not here any more.`,
    'Put the directory of the earlier keys (state/keys/site-until-…, from a backup of this site) back and start the agent: it rotates the ledger by itself. ' +
      'Without that key nobody can add to this ledger, no other is begun in its place, and studies over the population stay refused. ' +
      'Export what is left as the record (consilium ledger get); whether these patients get a budget under another name, less what was spent, is for the officers of the consortium to decide.',
    'LEDGER_KEY',
  );
}

export function mirrorMissing(population: string, cause: unknown): ConsiliumError {
  return new ConsiliumError({
    code: 'LEDGER_MIRROR',
    errorClass: 'unreachable',
    message: `The coordinator has not acknowledged the newest entries of the ledger of population ${population}.`,
    fix: 'Look at the connection to the coordinator; the entry stands and is used as soon as it is mirrored.',
    cause,
  });
}

/** A witness has seen what this ledger does not hold, or something else. */
export function contradicted(population: string, site: string, known: number): ConsiliumError {
  return new LedgerRefused(
    { code: 'LEDGER_ROLLED_BACK', fields: { population, known: String(known) } },
    'verification',
    `Witness ${site} has seen another ledger of population ${population}, with ${known} entries. Nothing more is spent.`,
    'Start the agent again: it fetches what is missing from the mirror and checks it. Two ledgers of one size need a person.',
  );
}

function simple(code: string, message: string, fix: string, errorClass: 'refused' | 'forbidden' = 'refused'): ConsiliumError {
  return new ConsiliumError({ code, errorClass, message, fix });
}

/** @param size - entries in the own file. @param known - entries that others have seen */
export function rolledBack(population: string, size: number, known: number): ConsiliumError {
  return new LedgerRefused(
    { code: 'LEDGER_ROLLED_BACK', fields: { population, known: String(known) } },
    'verification',
    `The ledger of population ${population} lacks entries ${size} to ${known - 1}, which others have seen: an older copy was restored, or it was cut.`,
    "The agent fetches them from the coordinator's mirror and checks them; until then it takes part in nothing over this population.",
  );
}

/** What a refusal may name of many. */
const LONGEST_LIST = 200;

function cut(names: readonly string[]): string {
  const list = names.join(', ');
  return list.length > LONGEST_LIST ? `${list.slice(0, LONGEST_LIST - 1)}…` : list;
}
