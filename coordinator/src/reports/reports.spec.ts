import { readFileSync } from 'node:fs';
import { parseYaml, resolveStudy, SiteName, StudyFile, studyHash, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { extractText, getDocumentProxy, getMeta } from 'unpdf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SITE, STUDY } from '../../../libs/ledger/test/world.js';
import { MirroredLedger, OTHER } from '../../test/mirrored-ledger.js';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { BudgetBook } from '../budgets/index.js';
import { addStudy, inviteSite, type Database } from '../storage/index.js';
import { DpoReport, ReportDesk } from './index.js';
import { pdfText } from './pdf-text.js';

interface Line {
  readonly entry: { readonly kind: string; readonly at: string; readonly study?: string };
}

/** 1 January 2026 plus twenty days of spending, ten of rest: the period leaves out the first five rounds. */
const PERIOD = { from: '2026-01-12', to: '2026-12-31' };

describe('the report for the data-protection officer', () => {
  let db: Database;
  let close: () => Promise<void>;
  let at: MirroredLedger;
  let desk: ReportDesk;
  let report: DpoReport;
  let text: string;
  let pdf: Buffer;
  let first: string;

  beforeAll(async () => {
    ({ db, close } = await temporaryDatabase());
    await inviteSite(db, SITE, new Date());
    at = await MirroredLedger.empty(db);
    await at.busyMonth();
    const now = () => at.now;
    const book = new BudgetBook({ db, mirror: at.mirror, tightenings: { list: async () => [] }, now });
    desk = new ReportDesk({ db, consortium: 'cardio', mirror: at.mirror, book, now });
    ({ id: first } = await desk.dpo(SITE, PERIOD, 'Ada Łovelace'));
    const row = await desk.find(first);
    report = DpoReport.parse(row.content);
    ({ pdf } = row);
    text = (await extractText(await getDocumentProxy(new Uint8Array(pdf)), { mergePages: true })).text.replace(/\s+/g, ' ');
  });
  afterAll(() => close());

  const lines = () =>
    at.world
      .file()
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line).entry);
  const up = (value: number) => (Math.ceil(value * 1e4 - 1e-7) / 1e4).toFixed(4);
  /** Of the Gaussian mechanism with deviation 20, at the orders that this ledger's entries have. */
  const priced = (count: number) =>
    up(
      Math.min(
        ...[2, 4, 8, 16].map((order) => (count * order) / 800 + Math.log1p(-1 / order) - (Math.log(1e-5) + Math.log(order)) / (order - 1)),
      ),
    );
  /** What the ledger shows for so many rounds at one of its two orders, 3 and 4, whichever leaves more. */
  const shown = (count: number, limit: number) => {
    if (count === 0) return 0;
    const parts = [3, 4].map((order) => {
      const loss = Math.log((order - 1) / order) - (Math.log(0.5e-5) + Math.log(order)) / (order - 1);
      return { share: (count * order) / 800 / (limit - loss), epsilon: loss + (count * order) / 800 };
    });
    return parts.reduce((least, one) => (one.share < least.share ? one : least)).epsilon;
  };

  it('has numbers that equal the ledger, spent rounded up and left rounded down', () => {
    const spends = lines().flatMap(({ kind, at: time }, entry) => (kind === 'spend' ? [{ time, entry }] : []));
    const within = spends.filter(({ time }) => time.slice(0, 10) >= PERIOD.from);
    expect([spends.length, within.length]).toEqual([10, 5]);
    const [population] = report.populations;
    expect(population).toMatchObject({
      population: 'heart',
      delta: 1e-5,
      limit: { value: '5.5000', rounding: 'exact' },
      spentBefore: { value: up(shown(5, 6)), rounding: 'up' },
      spent: { value: up(shown(10, 5.5)), rounding: 'up' },
      left: { value: (Math.floor((5.5 - shown(25, 5.5)) * 1e4 + 1e-7) / 1e4).toFixed(4), rounding: 'down' },
      frozen: false,
      ledger: { entries: lines().length, cosigned: true, lastEntry: lines().length - 1 },
    });
    expect(population!.studies).toMatchObject([
      {
        hash: STUDY,
        releases: { inPeriod: 5, inAll: 10, reserved: 10 },
        epsilonInPeriod: { value: priced(5), rounding: 'up' },
        epsilonInAll: { value: priced(10) },
        entries: { first: within[0]!.entry, last: within.at(-1)!.entry },
      },
      { hash: OTHER, releases: { inPeriod: 0, inAll: 0, reserved: 5 }, epsilonInAll: { value: '0.0000' }, entries: null },
    ]);
    expect(population!.decisions.map(({ what }) => what)).toEqual([`approve ${OTHER.slice(0, 8)}`, 'limit 5.5']);
  });

  it('says the same in the PDF as in the JSON beside it', () => {
    const [population] = report.populations;
    const { limit, spentBefore, spent, reserved, left, studies, decisions, ledger } = population!;
    const said = [
      ...[limit, spentBefore, spent, reserved, left].map(({ value }) => value),
      ...studies.flatMap(({ hash, epsilonInPeriod, epsilonInAll }) => [hash.slice(0, 8), epsilonInPeriod.value, epsilonInAll.value]),
      ...decisions.map(({ what }) => what),
      ledger.headWords,
      ledger.root,
      ...report.privacyCard.flatMap(({ field, value }) => [field, value]),
      ...report.notAttested,
    ];
    // Lines break within cells: what is left over between words does not count.
    const closed = (words: string) => words.replace(/\s+/g, '');
    for (const words of said) expect(closed(text)).toContain(closed(pdfText(words)));
  });

  it('has the headings of GDPR Art. 30(1) a to g, what is to be completed, and ends with what it cannot attest', () => {
    expect(report.record.map(({ point }) => point).join('')).toBe('abcdefg');
    let place = 0;
    for (const { point, heading, toBeCompleted } of report.record) {
      const next = text.indexOf(`(${point}) ${heading}`, place);
      expect(next, heading).toBeGreaterThan(place);
      place = next;
      for (const open of toBeCompleted) expect(text).toContain(`To be completed: ${open}`);
    }
    const last = text.indexOf('What this software cannot attest');
    expect(last).toBeGreaterThan(text.indexOf('Privacy card'));
    expect(text.slice(last)).toContain('legal basis');
  });

  it('is a tagged document with a title and a language', async () => {
    const raw = pdf.toString('latin1');
    expect(raw).toContain('/Marked true');
    expect(raw).toMatch(/\/Lang\s*\(en\)/);
    expect(raw).toContain('/DisplayDocTitle true');
    for (const tag of ['Document', 'H1', 'H2', 'H3', 'P', 'L', 'LI', 'Table', 'TR', 'TH', 'TD']) expect(raw, tag).toContain(`/S /${tag}`);
    const { info } = await getMeta(new Uint8Array(pdf));
    expect(info).toMatchObject({ Title: `Record of processing, ${SITE}, 2026-01-12 to 2026-12-31`, Author: 'Ada ?ovelace' });
  });

  it('names purpose, data and recipients of the studies that it knows, and takes no study of another site into it', async () => {
    const yaml = readFileSync(new URL('../../../demo/heart.yaml', import.meta.url), 'utf8');
    const study = resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters);
    const specification = studySpecification(study);
    await addStudy(db, { hash: studyHash(specification), name: study.name, specification }, at.now);
    const { id } = await desk.dpo(SITE, PERIOD, 'ada');
    // Not in the ledger of this site, so not in its report.
    expect(JSON.stringify((await desk.find(id)).content)).not.toContain(study.purpose);
    const { recordOfProcessing } = await import('./record-of-processing.js');
    const record = recordOfProcessing({ consortium: 'cardio', site: SITE, populations: ['heart'], studies: [study] });
    const known = (point: string) => record.find((item) => item.point === point)!.known.join(' ');
    expect(known('b')).toContain(study.purpose);
    for (const column of Object.keys(study.cohort.inputs)) expect(known('c')).toContain(column);
    for (const site of study.sites.names) expect(known('d')).toContain(site);
  });

  it('is kept as it was made, also when the ledger goes on, and one of no site that is unknown is made', async () => {
    await at.world.ledger!.decide({ kind: 'freeze' }, at.world.officer);
    await at.world.ledger!.publish();
    const row = await desk.find(first);
    expect(row.pdf.equals(pdf)).toBe(true);
    expect(DpoReport.parse(row.content)).toEqual(report);
    await expect(desk.dpo(SiteName.parse('nowhere'), PERIOD, 'ada')).rejects.toMatchObject({ code: 'SITE_UNKNOWN' });
    await expect(desk.find('nothing')).rejects.toMatchObject({ code: 'REPORT_UNKNOWN' });
  });
});

describe('text in a PDF', () => {
  it('keeps what the fonts have and loses nothing silently', () => {
    expect(pdfText('Zürich – Hôpital «B»')).toBe('Zürich – Hôpital «B»');
    expect(pdfText('ε ≤ 3, Łódź, Ångström\u0301\n')).toBe('epsilon ? 3, ?ódz, Ångström ');
  });
});
