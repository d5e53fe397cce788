/** Who can put a thing right. */
export type WhoCanAct = 'site IT' | 'network team' | "coordinator's admin" | 'officer';

/** What a check found. Evidence is for people at the site: it may name paths and hosts, never a patient's value. */
export type Found =
  | { readonly result: 'ok'; readonly evidence: string }
  /** `warn` forbids nothing; `fail` stops work, or will. */
  | {
      readonly result: 'warn' | 'fail';
      /** Stable, UPPER_SNAKE_CASE. */
      readonly code: string;
      readonly evidence: string;
      readonly fix: string;
      readonly who: WhoCanAct;
    }
  /** There was nothing to look at, or something before it has failed. */
  | { readonly result: 'not run'; readonly evidence: string };

/** One line of the doctor, the same shape for every result. */
export interface Finding {
  readonly check: string;
  readonly group: CheckGroup;
  readonly result: Found['result'];
  readonly code: string | null;
  readonly evidence: string;
  readonly fix: string | null;
  readonly who: WhoCanAct | null;
  /** How long the check took. */
  readonly ms: number;
}

export type CheckGroup = 'network' | 'data' | 'site';

/** One thing that the doctor looks at. */
export interface Check {
  readonly name: string;
  readonly group: CheckGroup;
  /** Checks without whose success this one says nothing. */
  readonly needs?: readonly string[];
  look(): Found | Promise<Found>;
}

export const ok = (evidence: string): Found => ({ result: 'ok', evidence });
export const notRun = (evidence: string): Found => ({ result: 'not run', evidence });
const bad =
  (result: 'warn' | 'fail') =>
  (code: string, evidence: string, fix: string, who: WhoCanAct): Found => ({ result, code, evidence, fix, who });
export const warn = bad('warn');
export const fail = bad('fail');
