import type { DpoReport, ReportedPopulation } from './dpo-report.js';
import { TaggedPdf } from './tagged-pdf.js';

/** The report as a tagged PDF, with the same numbers as its JSON. */
export async function dpoPdf(report: DpoReport): Promise<Buffer> {
  const { title, consortium, site, from, to, createdAt, createdBy } = report;
  const pdf = new TaggedPdf({ title, author: createdBy, subject: 'GDPR Art. 30(1)', createdAt: new Date(createdAt) });
  pdf.heading(1, title);
  pdf.paragraph(
    `Site ${site} of consortium ${consortium}, ${from} to ${to} (both days included, UTC). Made ${createdAt} by ${createdBy} from the mirrored ledgers; what is spent is rounded up, what is left down.`,
  );
  pdf.heading(2, 'Record of processing activities (GDPR Art. 30(1))');
  for (const { point, heading, known, toBeCompleted } of report.record) {
    pdf.heading(3, `(${point}) ${heading}`);
    pdf.list(known);
    for (const text of toBeCompleted) pdf.paragraph(`To be completed: ${text}`, 'quiet');
  }
  pdf.heading(2, 'Privacy budgets');
  if (report.populations.length === 0) pdf.paragraph('This site has mirrored no ledger: nothing was spent.');
  for (const population of report.populations) addPopulation(pdf, population);
  pdf.heading(2, 'Privacy card');
  pdf.table(
    ['Field', 'Value'],
    report.privacyCard.map(({ field, value }) => [field, value]),
    [1, 3],
  );
  pdf.heading(2, 'What this software cannot attest');
  pdf.list(report.notAttested);
  return pdf.bytes();
}

function addPopulation(pdf: TaggedPdf, one: ReportedPopulation): void {
  const { population, delta, limit, spentBefore, spent, reserved, left, frozen, studies, decisions, ledger } = one;
  pdf.heading(3, `Population ${population}${frozen ? ', frozen' : ''}`);
  pdf.table(
    ['Limit', 'Spent before', 'Spent at the end', 'Reserved', 'Left', 'Delta'],
    [[limit, spentBefore, spent, reserved, left].map(({ value }) => value).concat(String(delta))],
    [1, 1, 1, 1, 1, 1],
  );
  pdf.paragraph('Epsilons of studies do not add up to those of the population: each study is priced at the order that suits it best.');
  if (studies.length > 0)
    pdf.table(
      ['Study', 'Status', 'Releases in the period', 'Epsilon in the period', 'Releases in all', 'Epsilon in all', 'Ledger entries'],
      studies.map(({ hash, name, status, releases, epsilonInPeriod, epsilonInAll, entries }) => [
        `${name ?? 'unknown here'} ${hash.slice(0, 8)}`,
        status,
        String(releases.inPeriod),
        epsilonInPeriod.value,
        String(releases.inAll),
        epsilonInAll.value,
        entries === null ? 'none' : `${entries.first} to ${entries.last}`,
      ]),
      [2, 1.2, 1, 1, 1, 1, 1.2],
    );
  if (decisions.length > 0)
    pdf.table(
      ['Entry', 'Day', 'Decision', 'By'],
      decisions.map(({ entry, at, what, by }) => [String(entry), at.slice(0, 10), what, by]),
      [0.6, 1, 3, 2],
    );
  pdf.paragraph(
    `Ledger: ${ledger.entries} entries, ${ledger.cosigned ? 'all cosigned by a quorum of witnesses' : 'the newest not yet cosigned by a quorum'}; the numbers rest on entries up to ${ledger.lastEntry ?? 'none'}. Head: ${ledger.headWords} (${ledger.root}).`,
  );
}
