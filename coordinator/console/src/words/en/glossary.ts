/** The words of the field and of this consortium, one sentence or two each: what a tip beside a word says. */
export const glossary = {
  epsilon: {
    word: 'ε (epsilon)',
    text: 'The privacy loss: how much better somebody who sees the result can guess whether one person’s data were used. Smaller is more private; what studies cost on one population adds up.',
  },
  delta: {
    word: 'δ (delta)',
    text: 'The chance, at most, that the promise of ε does not hold. It is kept far below one in the number of patients.',
  },
  limit: {
    word: 'Limit',
    text: 'The most ε that a site lets all studies together spend on a population. Only the site’s officer can loosen it.',
  },
  reserved: {
    word: 'Reserved',
    text: 'Set aside for rounds that may still run. It is spent when they do, and comes back when they do not.',
  },
  spent: { word: 'Spent', text: 'What rounds that were trained have cost. It never comes back.' },
  exhaustion: { word: 'Projected exhaustion', text: 'The day on which nothing is left, if spending goes on as in the last weeks.' },
  unit: {
    word: 'Protected unit',
    text: 'Whose presence is hidden: one patient with all their records, or one whole site.',
  },
  relation: {
    word: 'Neighbouring data',
    text: 'The two data sets that a result must not let anybody tell apart: they differ by one protected unit.',
  },
  clip: {
    word: 'Clipping norm',
    text: 'The largest influence that one protected unit may have on an update. What is larger is scaled down to it before noise is added.',
  },
  noise: {
    word: 'Noise multiplier',
    text: 'The standard deviation of the noise, in units of the clipping norm. More noise: smaller ε, slower learning.',
  },
  sampling: {
    word: 'Sampling rate',
    text: 'The chance that a patient is drawn into a step. Whoever may not be in a step at all is protected better.',
  },
  accountant: {
    word: 'Accountant',
    text: 'The calculation that adds up the privacy loss of all steps, here by Rényi differential privacy. Its result is an upper bound.',
  },
  mechanism: { word: 'Mechanism', text: 'How noise comes in: each site adds a share of it inside the sealed sum, or all of it before.' },
  composition: {
    word: 'Composition',
    text: 'What is added up: every study that has used the same patient population, not this one alone.',
  },
  collude: {
    word: 'Who may collude',
    text: 'The promise holds even if the coordinator and so many sites put together all they know. If all other sites did, the larger ε holds.',
  },
  notCovered: {
    word: 'Not covered',
    text: 'What differential privacy here says nothing about, because it is public or declared by the sites.',
  },
  contribution: {
    word: 'Contribution',
    text: 'An update once it is clipped, quantised, noised, masked and encrypted: all that leaves a site in a round.',
  },
  sealedSum: {
    word: 'Sealed sum',
    text: 'The encrypted total of the contributions. The coordinator adds what it cannot read; only the sites together open the total.',
  },
  population: {
    word: 'Patient population',
    text: 'The people whom a budget protects. Its cohorts are data sets about them; a budget spans all of them.',
  },
  cohort: { word: 'Cohort', text: 'A named data set over a population, with a schema. Each site keeps its own under the same name.' },
  minSites: { word: 'Fewest sites', text: 'A round counts only with so many contributions. Every result lists who contributed.' },
  ledger: { word: 'Ledger', text: 'A population’s record of privacy spending. Entries are signed and can only be added.' },
  witness: {
    word: 'Witness',
    text: 'Another member that has cosigned how long the ledger was, so that no site can shorten or rewrite it unnoticed.',
  },
  roster: { word: 'Roster', text: 'The members’ public keys, countersigned by the members. Who is on it can take part.' },
  approval: {
    word: 'Approval',
    text: 'A signature made at the site over the exact specification, with the site’s own limits. It cannot be given here.',
  },
  release: { word: 'Release', text: 'The sites’ signed decision to hand the final model over. Until then nobody outside can read it.' },
} as const satisfies Readonly<Record<string, { readonly word: string; readonly text: string }>>;

export type GlossaryWord = keyof typeof glossary;
