import type { ResolvedStudy } from '@consilium/protocol';
import type { RecordItem } from './dpo-report.js';

export interface ProcessingFacts {
  readonly consortium: string;
  readonly site: string;
  readonly populations: readonly string[];
  /** Studies that used the site's populations, as far as this coordinator knows them. */
  readonly studies: readonly ResolvedStudy[];
}

/** GDPR Art. 30(1) a to g: what the studies and the software say, and what only the controller can. */
export function recordOfProcessing({ consortium, site, populations, studies }: ProcessingFacts): readonly RecordItem[] {
  const each = (of: (study: ResolvedStudy) => string): string[] => [...new Set(studies.map(of))];
  const sites = [...new Set(studies.flatMap((study) => study.sites.names as readonly string[]))].toSorted();
  return [
    {
      point: 'a',
      heading: 'Controller and data-protection officer',
      known: [`Site ${site} of consortium ${consortium}.`],
      toBeCompleted: ['Name and contact details of the controller, of joint controllers, and of the data-protection officer.'],
    },
    {
      point: 'b',
      heading: 'Purposes of the processing',
      known: each(({ name, purpose, ethics }) => `${name}: ${purpose}${ethics ? ` (${ethics.board}, ${ethics.reference})` : ''}`),
      toBeCompleted: ['Legal basis of each purpose.'],
    },
    {
      point: 'c',
      heading: 'Categories of data subjects and of personal data',
      known: [
        ...populations.map((population) => `Patients of population ${population}.`),
        ...each(({ name, cohort, population }) => {
          const described = population === undefined ? '' : `, ${population}`;
          return `${name}: cohort ${cohort.name}${described}; columns ${columnsOf(cohort).join(', ')}`;
        }),
      ],
      toBeCompleted: ['Which of these are special categories (Art. 9).'],
    },
    {
      point: 'd',
      heading: 'Recipients',
      known: [
        'No recipient gets records of patients: they do not leave the site.',
        `The coordinator of ${consortium} gets encrypted contributions, which it cannot open, and the ledger.`,
        ...(sites.length === 0
          ? []
          : [`The sites of the studies (${sites.join(', ')}) get sums over all contributing sites, never the contribution of one.`]),
        'Researchers get a model after the sites have released it.',
      ],
      toBeCompleted: ['Who receives the released models.'],
    },
    {
      point: 'e',
      heading: 'Transfers to third countries or international organisations',
      known: ['The software makes none of its own; the sites and the coordinator named above are the only destinations.'],
      toBeCompleted: ['Countries of these sites and of the coordinator, and the safeguards (Art. 46).'],
    },
    {
      point: 'f',
      heading: 'Time limits for erasure',
      known: [
        'Copies of records are made at the site only, as caches of its own source.',
        'Ledger entries are kept for good: they hold no record of a patient, and without them what was spent could not be known.',
      ],
      toBeCompleted: ['Time limits of the source, and of released models.'],
    },
    {
      point: 'g',
      heading: 'Technical and organisational security measures (Art. 32(1))',
      known: [
        'Contributions are masked and homomorphically encrypted; a sum opens only with the agreement of a threshold of sites.',
        'Noise is added at the site before anything leaves; what it costs is entered in a signed ledger that other sites witness.',
        'TLS 1.3 with certificates of the consortium in both directions; each message is signed by its site.',
        "Approvals and higher limits need an officer's signature, made at the site.",
      ],
      toBeCompleted: ['Measures at the site itself: access, backup, training of staff.'],
    },
  ];
}

function columnsOf({ inputs, outcome }: ResolvedStudy['cohort']): readonly string[] {
  return [...Object.keys(inputs), outcome.column, ...(outcome.type === 'survival' ? [outcome.event.column] : [])];
}
