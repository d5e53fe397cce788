import { setTimeout } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Relay } from '../support/relay.js';
import { journeyHouse, type JourneyHouse } from './support/journey-house.js';
import { joinAtSite } from './support/join-at-site.js';
import { altered, saved } from './support/ledger-copy.js';
import { noBrowser, openBrowser } from './support/open-browser.js';
import type { Person } from './support/person.js';
import { privateStudy } from './support/private-study.js';
import { plottedRounds, recordedRounds, shownRounds, tellRounds } from './support/shown-rounds.js';
import { accept, invite, setUp } from './support/sign-up.js';
import { approveAt, openSitePage, signApproval } from './support/site-desk.js';
import { forecastOf, propose, showAs, writeStudy } from './support/write-study.js';

/** A cut of a minute takes a minute. */
const CUT_MS = process.env['CONSILIUM_FULL'] === '1' ? 60_000 : 12_000;
const ROUNDS = 30;

/** Three people at work in a real browser with real programs, from an empty house to a model. The tests follow one another. */
describe.skipIf(noBrowser())('three people at work', { timeout: 600_000 }, () => {
  let browser: Browser;
  let house: JourneyHouse;
  const ends: (() => Promise<unknown>)[] = [];
  /** Between the researcher's browser and the coordinator. */
  let line: Relay;
  let rita: Person;
  let olga: Person;
  let hash: string;
  const people: Person[] = [];
  const links = new Map<string, string>();
  const here = (person: Person): Person => {
    people.push(person);
    return person;
  };

  /** On the page of budgets. */
  const budgetOfA = () => olga.page.locator('section').filter({ has: olga.page.getByRole('heading', { name: 'heart at a', exact: true }) });
  /** On the page of a study: what it says of a site that it waits for. */
  const waitingFor = (site: string) => rita.page.locator('.waits > li').filter({ has: rita.page.getByText(site, { exact: true }) });

  beforeAll(async () => {
    const opened = openBrowser().then((one) => {
      ends.push(one.close);
      browser = one.browser;
    });
    house = await journeyHouse();
    ends.push(house.remove);
    line = await Relay.open(house.consortium.httpPort);
    ends.push(() => line.close());
    await opened;
  });
  afterAll(async () => {
    console.info(people.flatMap((person) => (process.env['CONSILIUM_FIGURES'] === '1' ? person.steps : person.summary)).join('\n'));
    await Promise.all(ends.map((end) => end()));
  });

  it('IT: makes the first account, invites people and a site, compares its words, admits it, and sees it live', async () => {
    const { consortium } = house;
    const others = consortium.enrol('b', 'c', 'd');
    others.catch(() => undefined);
    const admin = here(await setUp(browser, 'Ada Admin', house.setupLink));
    admin.now('invites three people');
    await admin.follow('Settings');
    await admin.press(admin.page.getByRole('tab', { name: 'People' }), 'People');
    for (const [name, role, sites] of [
      ['Ira Iten', 'Site IT', 'a'],
      ['Olga Officer', 'Compliance', undefined],
      ['Rita Research', 'Researcher', undefined],
    ] as const)
      links.set(name, await invite(admin, { name, role, ...(sites === undefined ? {} : { sites }) }));
    await admin.examine();
    await others;

    admin.now('invites and admits a site');
    await admin.follow('Sites');
    await admin.click('Invite a site');
    const dialog = admin.page.getByRole('dialog');
    await admin.fill('Name of the site', 'a', dialog);
    await admin.click('Make the token', dialog);
    const token = (await dialog.getByText('consilium-join-1.').textContent()) ?? '';
    await admin.page.keyboard.press('Escape');
    admin.did('hand-over', 'the token of a');

    const ira = here(await accept(browser, 'Ira Iten', links.get('Ira Iten') ?? ''));
    ira.now('joins');
    ira.did('hand-over', 'the token of a');
    ira.did('file', 'site.yaml');
    ira.did('command', 'consilium-site join --token-file t.txt');
    const { words, ended } = await joinAtSite(consortium, 'a', token);
    await admin.row('a').getByText('Needs approval').waitFor();
    await admin.examine();
    await admin.click('Admit', admin.row('a'));
    expect((await dialog.locator('.words').textContent())?.trim()).toBe(words);
    admin.did('hand-over', 'the words of a, by phone');
    await admin.press(dialog.getByRole('checkbox', { name: 'The words are the same' }), 'The words are the same');
    await admin.click('Admit', dialog);
    await admin.sees('a is admitted.');
    expect(await ended).toBe(0);
    await Promise.all(['a', 'b', 'c', 'd'].map((site) => consortium.site(site, 'roster', 'countersign', '--yes')));
    ira.did('command', 'systemctl enable --now consilium-site');
    for (const site of ['a', 'b', 'c', 'd']) consortium.startAgent(site);
    await admin.row('a').getByText('Connected').waitFor();

    await ira.follow('Sites');
    await ira.row('a').getByText('Connected').waitFor();
    await ira.follow('a');
    await ira.sees(words);
    await ira.examine();
    await Promise.all([admin.leave(), ira.leave()]);
  });

  it('researcher: writes a study as YAML and as form, sees both epsilons while typing, proposes it and a next version', async () => {
    const { consortium, officerKey } = house;
    rita = here(await accept(browser, 'Rita Research', links.get('Rita Research') ?? '', `http://127.0.0.1:${line.port}`));
    rita.now('writes and proposes a study');
    await writeStudy(rita, privateStudy('heart-risk', ROUNDS, 10));
    const dear = await forecastOf(rita);
    await showAs(rita, 'Form');
    expect(await rita.page.getByLabel('Rounds', { exact: true }).inputValue()).toBe(String(ROUNDS));
    await rita.fill('Noise multiplier', '20');
    await expect.poll(() => forecastOf(rita), { timeout: 20_000 }).not.toEqual(dear);
    const cheap = await forecastOf(rita);
    for (const [index, epsilon] of cheap.entries()) expect(epsilon).toBeLessThan(dear[index] ?? 0);
    expect(cheap[1]).toBeGreaterThan(cheap[0] ?? Infinity);
    await showAs(rita, 'YAML');
    expect(await rita.page.getByRole('textbox', { name: 'YAML' }).inputValue()).toContain('noiseMultiplier: 20');
    await rita.examine();
    const first = await propose(rita);
    await rita.sees('0 of 4 approvals are here.');
    await approveAt(consortium, first, ['a'], officerKey);
    await rita.sees('1 of 4 approvals are here.');
    rita.now('proposes a next version');
    await rita.follow('Edit as new version');
    await rita.fill('Noise multiplier', '15');
    await forecastOf(rita);
    hash = await propose(rita);
    expect(hash).not.toBe(first);
    await rita.sees('0 of 4 approvals are here.');
    await rita.examine();
    rita.now('launches and watches');
    await rita.follow('Versions');
    await rita.sees('What changed from');
    await rita.examine();
    await rita.follow('Overview');
  });

  it('officer: finds in the inbox what waits, reads it with its diff on the page of the site, and signs there', async () => {
    const { consortium, officerKey } = house;
    olga = here(await accept(browser, 'Olga Officer', links.get('Olga Officer') ?? ''));
    olga.now('reviews and signs');
    await olga.sees('heart-risk');
    await olga.examine();
    await openSitePage(olga, consortium, 'a');
    await olga.examine();
    const card = olga.page.locator('.card').filter({ hasText: hash.slice(0, 8) });
    await olga.follow('Review and decide', card);
    await olga.sees('What it costs a patient');
    await olga.sees('Someone who would guess 50:50');
    await olga.sees('It fits.');
    const changed = olga.page.getByRole('row').filter({ hasText: 'privacy.noiseMultiplier' });
    expect(await changed.getByRole('cell').allInnerTexts()).toMatchObject(['privacy.noiseMultiplier', '20', '15', expect.any(String)]);
    await olga.examine();
    await signApproval(olga, 'heart-risk', officerKey);
    await olga.examine();
    await rita.sees('1 of 4 approvals are here. Waiting for b, c, d.');
    await approveAt(consortium, hash, ['b', 'c', 'd']);
    await olga.open(`${consortium.url}/studies/${hash}`);
    await olga.sees('Nobody is waited for.');
  });

  it('researcher: watches rounds live through a reload, a cut and a restart of the coordinator, with none lost or doubled', async () => {
    const { consortium } = house;
    await rita.click('Launch');
    await rita.sees('The study is launched.');
    await rita.follow('Rounds');
    const table = () => rita.click('Data table: Seconds by round');
    const rounds = () => recordedRounds(consortium, hash);
    const more = async (than: number) => {
      await expect.poll(async () => (await shownRounds(rita.page)).length, { timeout: 120_000 }).toBeGreaterThan(than);
      const shown = await shownRounds(rita.page);
      expect(new Set(shown).size).toBe(shown.length);
      return shown.length;
    };
    await table();
    let seen = await more(2);
    await rita.page.reload();
    await table();
    seen = await more(seen);

    rita.lineIsCut = olga.lineIsCut = true;
    await consortium.coordinator?.kill();
    await rita.sees(/Reconnecting|Asking every/);
    await consortium.startCoordinator();
    await Promise.all([rita.sees('Live,'), olga.sees('Live,')]);
    olga.lineIsCut = false;
    seen = await more(seen);

    line.breakDown();
    const cut = setTimeout(CUT_MS);
    await rita.sees(/Reconnecting|Asking every/);
    // Meanwhile rounds go on, and the officer, on another line, tightens a limit, which the site obeys.
    olga.now('tightens a limit');
    await olga.follow('Budgets');
    await olga.click('Tighten', budgetOfA());
    await olga.fill('New limit, ε', '5.5', olga.page.getByRole('dialog'));
    await olga.click('Tighten', olga.page.getByRole('dialog'));
    await budgetOfA().getByText('ε 5.50', { exact: true }).waitFor();
    await olga.examine();
    await cut;
    line.repair();
    await rita.sees('Live,');
    rita.lineIsCut = false;
    await more(seen);

    const study = () => consortium.api('GET', `/studies/${hash}`) as Promise<{ readonly state: string; readonly stateReason: string }>;
    await expect.poll(async () => (await study()).stateReason, { timeout: 240_000, interval: 500 }).toMatch(/released/i);
    const recorded = await rounds();
    await expect.poll(() => shownRounds(rita.page), { timeout: 15_000 }).toEqual(tellRounds(recorded));
    const done = recorded.filter(({ outcome }) => outcome === 'done').map(({ round }) => round);
    expect(await plottedRounds(rita.page)).toEqual(done.toReversed());
    await rita.examine();
    await rita.follow('Results');
    await rita.sees('Totals only');
    await rita.examine();
  });

  it('officer: freezes a population in the console; the researcher reads who refuses and why, and sees an agent that is killed', async () => {
    const { consortium } = house;
    rita.now('runs a second study and stops it');
    await writeStudy(rita, privateStudy('second-look', 100, 40));
    const second = await propose(rita);
    await approveAt(consortium, second, ['a'], house.officerKey);
    await approveAt(consortium, second, ['b', 'c', 'd']);
    await rita.click('Launch');
    await rita.sees(/^Round \d+:/);
    olga.now('freezes a population');
    await olga.click('Freeze', budgetOfA());
    await olga.click('Freeze', olga.page.getByRole('dialog'));
    await budgetOfA().getByText('Frozen', { exact: true }).waitFor();
    const [a, d] = [waitingFor('a'), waitingFor('d')];
    await a.getByText('Who can act:').waitFor();
    expect(await a.innerText()).toMatch(/^a\s+Refused\s+[A-Z_]+\b/);
    await consortium.agents.get('d')?.kill();
    await d.getByText('Lost', { exact: true }).waitFor();
    await rita.examine();
  });

  it('officer: verifies the mirrored ledger, sees where a changed copy breaks, and takes the report along', async () => {
    olga.now('verifies a ledger and a changed copy');
    await olga.follow('Ledgers');
    await olga.examine();
    await olga.click('Verify heart at a here');
    await olga.sees('The ledger of heart at a holds.');
    for (const decision of ['limit 5.5, by the consortium (asked by Olga-Officer)', 'freeze, by the consortium (asked by Olga-Officer)'])
      await olga.sees(decision);
    await olga.sees(`approve ${hash.slice(0, 8)}, by officer dpo`);
    const ledger = await saved(olga, 'Download the ledger of heart at a');
    const bad = ledger.toString('utf8').trimEnd().split('\n').length - 2;
    await olga.page
      .locator('input[type=file]')
      .setInputFiles([{ name: 'copy.jsonl', mimeType: 'application/jsonl', buffer: altered(ledger, bad) }]);
    olga.did('fill', 'the copy');
    await olga.sees('The ledger of copy.jsonl does not hold.');
    await olga.sees(`First bad entry: line ${bad}`);
    await olga.examine();
    olga.now('takes the report along');
    await olga.follow('Reports');
    await olga.choose('Site', 'a');
    await olga.click('Create the report');
    await olga.sees('The report is ready.');
    const pdf = await saved(olga, 'PDF');
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await olga.page.getByRole('link', { name: 'PDF', exact: true }).waitFor();
    await olga.examine();
  });

  it('researcher: reads who can act for the lost site, stops the study, and takes the released model of the one that finished', async () => {
    await waitingFor('d').getByText('Site IT at d looks at the agent').waitFor();
    await rita.click('Stop');
    await rita.fill('Type second-look to confirm', 'second-look', rita.page.getByRole('dialog'));
    await rita.click('Stop', rita.page.getByRole('dialog'));
    await rita.sees('The study is stopped.');
    await rita.page.getByText('Stopped', { exact: true }).first().waitFor();
    rita.now('takes the model');
    await rita.follow('Studies');
    await rita.examine();
    await rita.follow('heart-risk', rita.row(hash.slice(0, 8)));
    await rita.follow('Model');
    const bundle = await saved(rita, 'Download the bundle');
    expect(JSON.parse(bundle.toString('utf8'))).toEqual(await house.consortium.api('GET', `/studies/${hash}/model`));
    await rita.examine();
  });

  it('nobody’s browser complains, and axe finds nothing on the pages with real data', () => {
    expect(people.flatMap(({ name, complaints }) => complaints.map((complaint) => `${name}: ${complaint}`))).toEqual([]);
  });
});
