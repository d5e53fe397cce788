import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { consoleWorld, type ConsoleWorld } from './support/console-world.js';
import { noBrowser, openBrowser } from './support/open-browser.js';
import { PAGES } from './support/pages.js';
import { realLedger, tampered } from '../../libs/ledger/test/real-ledger.js';
import { HASHES, NOW } from './support/seed-studies.js';

const DESK = { width: 1440, height: 900 };
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** In the page: what stands out to the right of a narrow screen, unless it can be scrolled to within its own box. */
const SIDEWAYS = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const out = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > clientWidth + 1);
  return out.filter((one) => !one.closest('.table-scroll, .tabs, .yaml, .plot-canvas')).map((one) => one.tagName + ' ' + one.className);
})()`;

describe.skipIf(noBrowser())('the console', () => {
  let opened: Awaited<ReturnType<typeof openBrowser>>;
  let world: ConsoleWorld;
  let page: Page;
  const said: string[] = [];

  beforeAll(async () => {
    [opened, world] = await Promise.all([openBrowser(), consoleWorld()]);
  });
  afterAll(async () => {
    await opened.close();
    await world.close();
  });
  beforeEach(() => {
    world.signedIn = true;
    world.empty = false;
    world.ledger = undefined;
    world.changes.length = 0;
    said.length = 0;
  });

  const newPage = async () => {
    const context = await opened.browser.newContext({ viewport: DESK, colorScheme: 'light', reducedMotion: 'reduce' });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
    // Of a refused content policy, a broken script or an answer that did not come, the browser says so here.
    page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
  };

  const open = async (path: string, sign: string) => {
    await page.goto(world.url + path);
    await page.getByText(sign).first().waitFor();
  };
  const told = ({ violations }: Awaited<ReturnType<AxeBuilder['analyze']>>) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`));
  const sideways = () => page.evaluate<readonly string[]>(SIDEWAYS);

  describe('on every page', () => {
    beforeAll(async () => {
      await newPage();
      await page.clock.setFixedTime(NOW);
    });
    afterAll(() => page.context().close());

    it.each(PAGES)(
      'has nothing that axe finds, in either theme, fits 390 px, and the browser has no complaint: $name',
      async ({ path, sign, signedOut }) => {
        world.signedIn = !signedOut;
        await page.setViewportSize(DESK);
        await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
        await page.goto('about:blank');
        await open(path, sign);
        expect(told(await new AxeBuilder({ page }).setLegacyMode().withTags(WCAG).analyze())).toEqual([]);
        // Of all rules only those that look at colours can tell the themes apart.
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
        await expect.poll(() => page.evaluate('document.documentElement.dataset.mantineColorScheme'), { timeout: 15_000 }).toBe('dark');
        expect(told(await new AxeBuilder({ page }).setLegacyMode().withRules(['color-contrast', 'link-in-text-block']).analyze())).toEqual(
          [],
        );
        await page.setViewportSize({ width: 390, height: 844 });
        await expect.poll(sideways, { timeout: 15_000 }).toEqual([]);
        expect(said.filter((text) => !signedOut || !text.includes('401'))).toEqual([]);
      },
    );
  });

  describe('for somebody at work', () => {
    beforeEach(newPage);
    afterEach(() => page.context().close());

    it.each([
      ['/inbox', 'Nothing waits for you'],
      ['/studies', 'Start from a template'],
      ['/sites', 'Invite the first hospital'],
      ['/budgets', 'No spending yet'],
      ['/egress', 'Nothing was sent'],
      ['/ledgers', 'No ledger yet'],
      ['/audit', 'No entry matches'],
      ['/settings?part=tokens', 'No token'],
    ])('%s says what to do where there is nothing yet', async (path, sign) => {
      world.empty = true;
      await open(path, sign);
      expect(said).toEqual([]);
    });

    it('asks who is not signed in to sign in, and brings them where they wanted to go, nowhere else', async () => {
      world.signedIn = false;
      await open('/budgets', 'Sign in with Hospital login');
      await page.getByLabel('E-mail').fill('ada@heart.example');
      await page.locator('input[type=password]').fill('correct horse battery');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('heart at cleveland').waitFor();
      world.signedIn = false;
      await open('/sign-in?return=//evil.example/x', 'Sign in with Hospital login');
      await page.getByLabel('E-mail').fill('ada@heart.example');
      await page.locator('input[type=password]').fill('correct horse battery');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${world.url}/inbox`);
      expect(new URL(page.url()).origin).toBe(world.url);
    });

    it('is worked by keyboard alone: jump to a study, see why it waits, go on without the site', async () => {
      await open('/inbox', 'zurich refused');
      await page.keyboard.press('Control+k');
      await page.keyboard.type(HASHES.running.slice(0, 6));
      await page.getByText('Round 12 waits').waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const button = page.getByRole('button', { name: 'Continue without zurich' });
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'Continue without zurich' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('The study goes on without zurich.').waitFor();
      expect(world.changes).toEqual([
        { method: 'POST', path: `/studies/${HASHES.running}/excused`, body: { site: 'zurich' }, csrf: 'csrf-of-the-session' },
      ]);
    });

    it('stops a study only once its name was typed', async () => {
      await open(`/studies/${HASHES.running}`, 'Who is waited for');
      await page.getByRole('button', { name: 'Stop' }).click();
      const confirm = page.getByRole('dialog').getByRole('button', { name: 'Stop' });
      await page.getByLabel('Type heart-lr to confirm').fill('heart');
      expect(await confirm.isDisabled()).toBe(true);
      await page.getByLabel('Type heart-lr to confirm').fill('heart-lr');
      await confirm.click();
      await page.getByText('The study is stopped.').waitFor();
      expect(world.changes.map(({ path }) => path)).toEqual([`/studies/${HASHES.running}/stop`]);
    });

    it('writes one study as form and as YAML, and forecasts while it is written', async () => {
      await open('/studies/new', 'Who could run it');
      await page.getByRole('button', { name: 'What is: Noise multiplier' }).focus();
      await page.getByRole('tooltip').getByText('in units of the clipping norm').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('tooltip').waitFor({ state: 'detached' });
      await page.getByLabel('Noise multiplier').fill('10');
      await page.getByText('3.51').waitFor();
      await page.getByText('YAML', { exact: true }).click();
      const yaml = page.getByRole('textbox', { name: 'YAML' });
      expect(await yaml.inputValue()).toContain("noiseMultiplier: 10 # in units of one patient's largest influence");
      await yaml.fill((await yaml.inputValue()).replace('rounds: 40', 'rounds: 77'));
      await page.getByText('Form', { exact: true }).click();
      expect(await page.getByLabel('Rounds').inputValue()).toBe('77');
      await page.getByText('YAML', { exact: true }).click();
      await yaml.fill('kind: [');
      await page.getByText('Line 1').waitFor();
    });

    it('tightens and freezes a budget, asks for more, and offers nothing that loosens', async () => {
      await open('/budgets', 'heart at cleveland');
      await page.getByRole('button', { name: 'Tighten' }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('New limit').fill('7');
      expect(await dialog.getByRole('button', { name: 'Tighten' }).isDisabled()).toBe(true);
      await dialog.getByLabel('New limit').fill('5.5');
      await dialog.getByRole('button', { name: 'Tighten' }).click();
      await page.getByText('Asked the site to tighten').waitFor();
      await page.getByRole('button', { name: 'Freeze' }).first().click();
      await dialog.getByRole('button', { name: 'Freeze' }).click();
      await page.getByText('Asked the site to freeze').waitFor();
      expect(world.changes.map(({ path, body }) => [path, body])).toEqual([
        ['/budgets/cleveland/heart/tighten', { epsilonLimit: '5.5' }],
        ['/budgets/cleveland/heart/freeze', {}],
      ]);
    });

    it('admits a site once its words were compared, and shows an invitation once', async () => {
      await open('/sites/st-elsewhere', 'canoe drift echo');
      await page.getByRole('button', { name: 'Admit' }).click();
      const admit = page.getByRole('dialog').getByRole('button', { name: 'Admit' });
      expect(await admit.isDisabled()).toBe(true);
      await page.getByLabel('The words are the same').check();
      await admit.click();
      await page.getByText('st-elsewhere is admitted.').waitFor();
      await open('/sites', 'Needs approval');
      await page.getByRole('button', { name: 'Invite a site' }).click();
      await page.getByLabel('Name of the site').fill('geneva');
      await page.getByRole('button', { name: 'Make the token' }).click();
      await page.getByText('consilium-join-1.').waitFor();
      expect(world.changes.map(({ path }) => path)).toEqual(['/sites/st-elsewhere/admission', '/sites/invitations']);
    });

    it('verifies a ledger beside the page with the verifier of the command line, and names the first bad entry of a changed copy', async () => {
      const ledger = await realLedger();
      world.ledger = ledger;
      await open('/ledgers', 'convenience, not proof');
      await page.getByRole('button', { name: 'Verify heart at st-elsewhere here' }).click();
      await page.getByText('The ledger of heart at st-elsewhere holds.').waitFor();
      await page.getByText(/complete up to size \d+ at time/).waitFor();
      await page.getByText('by officer dpo').waitFor();
      await page
        .getByLabel('Check a file')
        .or(page.locator('input[type=file]'))
        .setInputFiles([{ name: 'copy.jsonl', mimeType: 'application/jsonl', buffer: tampered(ledger.file, 3) }]);
      await page.getByText('The ledger of copy.jsonl does not hold.').waitFor();
      await page.getByText('First bad entry: line 3').waitFor();
      expect(said).toEqual([]);
    });

    it('shows what happens as it happens, says when the line is cut, asks by itself until it stands again', async () => {
      let looks = 0;
      page.on('request', (request) => request.url().endsWith(`/studies/${HASHES.running}`) && (looks += 1));
      await open(`/studies/${HASHES.running}`, 'Who is waited for');
      await page.getByText('Live,').first().waitFor();
      const before = looks;
      world.tell(`study:${HASHES.running}`, 900);
      await expect.poll(() => looks, { timeout: 10_000 }).toBe(before + 1);
      // The same event again is no news.
      world.tell(`study:${HASHES.running}`, 900);
      world.tell(`study:${HASHES.older}`, 5);
      await new Promise((resolve) => setTimeout(resolve, 800));
      expect(looks).toBe(before + 1);
      world.cut(true);
      await page.getByText('Asking every 5 s').waitFor();
      await expect.poll(() => looks, { timeout: 15_000 }).toBeGreaterThan(before + 1);
      world.cut(false);
      await page.getByText('Live,').first().waitFor();
    });

    it('keeps one stream for all tabs of a browser', async () => {
      await open('/studies', 'sepsis-net');
      await page.getByText('Live,').first().waitFor();
      for (let tab = 0; tab < 3; tab += 1) {
        const other = await page.context().newPage();
        await other.goto(`${world.url}/studies`);
        await other.getByText('Live,').first().waitFor();
      }
      await expect.poll(() => world.followers, { timeout: 15_000 }).toBe(1);
    });

    it('reminds those whom a study waits for, sets who is told by e-mail, and sees whether e-mail arrives', async () => {
      await open(`/studies/${HASHES.waiting}`, 'Remind them');
      expect(await page.getByRole('button', { name: 'Launch' }).isDisabled()).toBe(true);
      await page.getByRole('button', { name: 'Remind them' }).click();
      await page.getByText('They are told once more').waitFor();
      await open('/settings?part=notices', 'Who is told of what');
      await page.getByRole('button', { name: 'Send me a test e-mail' }).click();
      await page.getByText('The server took an e-mail to ada@heart.example.').waitFor();
      const failed = page.getByRole('combobox', { name: 'A round of a study failed.' });
      await failed.fill('nobody');
      await failed.press('Enter');
      await page.getByText('This is no e-mail address.').waitFor();
      expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      await failed.press('Backspace');
      await failed.fill('ben@heart.example');
      await failed.press('Enter');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved.').waitFor();
      expect(world.changes.map(({ method, path, body }) => [method, path, body])).toEqual([
        ['POST', `/studies/${HASHES.waiting}/reminder`, {}],
        ['POST', '/settings/notices/test', {}],
        [
          'PUT',
          '/settings/notices',
          {
            recipients: {
              'approval-needed': ['dpo@hungary.example', 'dpo@zurich.example'],
              'round-failed': ['ben@heart.example'],
              'site-refused': [],
            },
          },
        ],
      ]);
    });

    it('keeps a view of a table under a name, in this browser', async () => {
      await open('/studies?sort=-round', 'sepsis-net');
      await page.getByRole('button', { name: 'Views' }).click();
      await page.getByRole('menuitem', { name: 'Save this view' }).click();
      await page.getByLabel('Name').fill('Furthest first');
      await page.keyboard.press('Enter');
      await open('/studies', 'sepsis-net');
      await page.getByRole('button', { name: 'Views' }).click();
      await page.getByRole('menuitem', { name: 'Furthest first' }).click();
      await page.locator('tbody tr').first().getByText('40 / 40').waitFor();
      expect(new URL(page.url()).search).toBe('?sort=-round');
    });

    it('hands a figure over as SVG with its caption, and its points to a keyboard', async () => {
      await open(`/studies/${HASHES.done}/results`, 'Calibration');
      await page.getByRole('button', { name: 'Export: Loss by round' }).click();
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'SVG' }).click()]);
      const chunks: Buffer[] = [];
      for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
      const svg = Buffer.concat(chunks).toString('utf8');
      expect(svg).toContain('<title>Loss by round</title>');
      expect(svg).toContain(`study hash ${HASHES.done}`);
      expect(svg).toContain('412 patients');
      await page.getByRole('slider', { name: /^Loss by round/ }).focus();
      await page.keyboard.press('ArrowRight');
      await page.getByText(/^training: 1, 0\.\d+/).waitFor();
      // What is drawn while it happens stands on a canvas, and is walked just the same.
      await open(`/studies/${HASHES.running}/rounds`, 'who did what');
      await page.locator('.plot-live canvas').first().waitFor();
      await page.getByRole('slider', { name: /^Seconds by round/ }).focus();
      await page.keyboard.press('End');
      await page.getByText('Seconds: 11, 41', { exact: true }).waitFor();
      await page.locator('.plot-ring').waitFor();
    });
  });
});
