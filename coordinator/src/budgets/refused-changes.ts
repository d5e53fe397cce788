import { ConsiliumError, type PopulationName, type SiteName } from '@consilium/protocol';

const LOOSEN = 'Only an officer at the site raises it, with a key of their own; ask for that (request loosening).';

export function unknownLedger(site: SiteName, population: PopulationName): ConsiliumError {
  return new ConsiliumError({
    code: 'LEDGER_UNKNOWN',
    errorClass: 'usage',
    message: `Site ${site} has mirrored no ledger of population ${population} here.`,
    fix: 'List those that there are: consilium ledger list.',
  });
}

export function notTighter(population: PopulationName, limit: number): ConsiliumError {
  return new ConsiliumError({
    code: 'NOT_TIGHTER',
    errorClass: 'refused',
    message: `The limit of population ${population} is ${limit}, or is about to be; from here it can only be lowered.`,
    fix: LOOSEN,
  });
}

export function frozenAlready(population: PopulationName): ConsiliumError {
  return new ConsiliumError({
    code: 'FROZEN_ALREADY',
    errorClass: 'refused',
    message: `Population ${population} is frozen already.`,
    fix: 'Nothing is to be done; only an officer at the site lifts a freeze.',
  });
}
