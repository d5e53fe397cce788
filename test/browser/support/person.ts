import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';

/** What a person does, counted as UX.md section 1 counts: at a shell, towards other people, in a browser. */
const KINDS = ['command', 'file', 'hand-over', 'screen', 'click', 'fill'] as const;
type Kind = (typeof KINDS)[number];

const DESK = { width: 1440, height: 900 };
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Whoever is not signed in is told so, once, by the answer to the first question of the console. */
const SIGNED_OUT = /401 .*\/api\/v1\/session$/;
/** What a browser says of a line that is cut. */
const LINE = /net::ERR_|50[234] |WebSocket|Failed to fetch|NetworkError/;

/** A field by its label; one that must be filled in carries a star. */
const field = (label: string, within: Page | Locator): Locator =>
  within.getByLabel(label, { exact: true }).or(within.getByLabel(`${label} *`, { exact: true }));

/** Somebody with a browser and a shell, who counts their steps and notes what the browser complains of. */
export class Person {
  /** Complaints of the browser: refused content policies, broken scripts, answers that did not come; and what axe finds. */
  readonly complaints: string[] = [];
  /** Set while the test cuts the line: then the browser may say that it is cut. */
  lineIsCut = false;
  readonly #steps: { readonly part: string; readonly kind: Kind; readonly what: string }[] = [];
  #part = 'makes an account and signs in';
  #screen = '';

  private constructor(
    readonly name: string,
    readonly page: Page,
  ) {
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => {
      if (message.type() === 'error') this.#complain(`${message.text().replace(/^.*status of (\d+).*$/, '$1')} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.#complain(error.stack ?? error.message));
    page.on('framenavigated', (frame) => {
      const screen = frame.url().replace(/[?#].*$/, '');
      if (frame !== page.mainFrame() || screen === this.#screen || screen.startsWith('about:')) return;
      this.#screen = screen;
      this.did('screen', screen);
    });
  }

  static async enter(browser: Browser, name: string): Promise<Person> {
    const context = await browser.newContext({ viewport: DESK, reducedMotion: 'reduce', acceptDownloads: true });
    return new Person(name, await context.newPage());
  }

  /** Begins the next part of the journey. */
  now(part: string): void {
    this.#part = part;
  }

  did(kind: Kind, what: string): void {
    this.#steps.push({ part: this.#part, kind, what });
  }

  open(url: string): Promise<unknown> {
    return this.page.goto(url);
  }

  /** @param name - of a button, exactly */
  click(name: string, within: Page | Locator = this.page): Promise<void> {
    return this.press(within.getByRole('button', { name, exact: true }), name);
  }

  follow(name: string, within: Page | Locator = this.page): Promise<void> {
    return this.press(within.getByRole('link', { name, exact: true }).first(), name);
  }

  async press(what: Locator, name: string): Promise<void> {
    await what.click();
    this.did('click', name);
  }

  async fill(label: string, text: string, within: Page | Locator = this.page): Promise<void> {
    await field(label, within).fill(text);
    this.did('fill', label);
  }

  async choose(label: string, option: string, within: Page | Locator = this.page): Promise<void> {
    await field(label, within).selectOption(option);
    this.did('fill', label);
  }

  /** Waits until the page says something. */
  sees(text: string | RegExp, limitMs = 60_000): Promise<void> {
    return this.page.getByText(text).first().waitFor({ timeout: limitMs });
  }

  /** The row of a table that has a link, or a cell, with this text. */
  row(text: string): Locator {
    return this.page.getByRole('row').filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Has axe look at the page as it is. */
  async examine(): Promise<void> {
    // Legacy mode: without frames there is nothing that needs a page of its own.
    const { violations } = await new AxeBuilder({ page: this.page }).setLegacyMode().withTags(WCAG).analyze();
    for (const { id, nodes } of violations)
      for (const { target, failureSummary } of nodes)
        this.complaints.push(`axe at ${this.#screen}: ${id} ${target.join(' ')}: ${failureSummary}`);
  }

  /** How many steps each part took: `Olga Officer reviews and signs: 1 command, 4 screen, 3 click, 4 fill`. */
  get summary(): readonly string[] {
    return [...new Set(this.#steps.map(({ part }) => part))].map((part) => {
      const counts = KINDS.map((kind) => [kind, this.#steps.filter((step) => step.part === part && step.kind === kind).length] as const);
      const told = counts.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
      return `${this.name} ${part}: ${told.join(', ')}`;
    });
  }

  /** Every step. */
  get steps(): readonly string[] {
    return this.#steps.map(({ part, kind, what }) => `${this.name} ${part}: ${kind} ${what}`);
  }

  leave(): Promise<void> {
    return this.page.context().close();
  }

  #complain(text: string): void {
    if (SIGNED_OUT.test(text) || (this.lineIsCut && LINE.test(text))) return;
    this.complaints.push(text);
  }
}
