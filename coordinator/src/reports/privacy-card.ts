import { ACCOUNTANT_VERSION } from '@consilium/privacy';
import type { ReportedPopulation } from './dpo-report.js';

/** The fields that NIST SP 800-226 asks a claim of differential privacy to state (UX.md section 2). */
export function privacyCard(populations: readonly ReportedPopulation[]): { readonly field: string; readonly value: string }[] {
  const of = (text: (one: ReportedPopulation) => string): string => populations.map(text).join('; ') || 'no population has a ledger yet';
  return [
    { field: 'Unit of protection', value: 'One patient: all records of one patient at this site.' },
    { field: 'Neighbouring relation', value: 'All records of one patient added or removed.' },
    {
      field: 'Epsilon',
      value: of(({ population, spent, limit }) => `${population}: ${spent.value} spent of at most ${limit.value}`),
    },
    { field: 'Delta', value: of(({ population, delta }) => `${population}: ${delta}`) },
    { field: 'Accountant', value: `${ACCOUNTANT_VERSION}: Renyi filter at two orders that were fixed when the ledger was created.` },
    {
      field: 'Mechanism',
      value: 'Integer Gaussian noise on clipped sums, drawn at the site; sampling of patients where the study says so.',
    },
    { field: 'Scope of composition', value: 'All studies over the population, in whatever order, for as long as the ledger exists.' },
    {
      field: 'Trust assumption',
      value: 'In mode patient/distributed at most as many sites collude as the study tolerates; in patient/local nobody else is trusted.',
    },
    {
      field: 'Not covered',
      value:
        'Declared constants and column names, public sizes, the times and number of messages, refusals, and a patient who is in several hospitals (twice the effect).',
    },
  ];
}

/** What no software of this kind can vouch for. A report ends with it. */
export const NOT_ATTESTED: readonly string[] = [
  'That there is a legal basis for the processing, and that it covers these purposes.',
  'That patients were informed, consented where that is needed, and that objections reached the site.',
  'That the data are right, complete and fit for the purpose.',
  'That the records of a patient carry one identifier, so that the unit of protection is the person.',
  'That the site ran the software unchanged and added the noise that it says: its ledger proves what was entered.',
  'That nothing was entered after the last entry named here.',
];
