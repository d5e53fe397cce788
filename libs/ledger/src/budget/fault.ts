/** Why an entry does not follow from those before it; also what a writer is told before it writes. */
export type FaultCode =
  | 'place'
  | 'chain'
  | 'signature'
  | 'create'
  | 'terms'
  | 'over-budget'
  | 'sums'
  | 'price'
  | 'not-approved'
  | 'frozen'
  | 'round-held'
  | 'round-not-reserved'
  | 'round-uploaded'
  | 'abort-certificate'
  | 'study-step'
  | 'not-allowed'
  | 'officer'
  | 'request';

export interface Fault {
  readonly fault: FaultCode;
  /** Completes "the entry …": names, numbers and orders of the ledger itself, nothing about patients. */
  readonly detail: string;
}

export function fault(code: FaultCode, detail: string): Fault {
  return { fault: code, detail };
}
