import type { Page } from 'playwright-core';
import { realLedger } from '../../../libs/ledger/test/real-ledger.js';
import type { ConsoleWorld } from './console-world.js';
import { HASHES } from './seed-studies.js';
import type { SitePageWorld } from './site-page-world.js';

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

interface Stage {
  readonly page: Page;
  readonly world: ConsoleWorld;
  readonly site: SitePageWorld;
}

/** A picture of the README's tour: what is done before it is taken. */
export interface Stop {
  readonly name: string;
  readonly theme?: 'dark';
  readonly viewport?: typeof DESK;
  show(stage: Stage): Promise<void>;
}

const open =
  (path: string, sign: string): Stop['show'] =>
  async ({ page, world }) => {
    await page.goto(world.url + path);
    await page.getByText(sign).first().waitFor();
  };

/** The way of a study, as the three people see it. */
export const TOUR: readonly Stop[] = [
  { name: '1-new-study', show: open('/studies/new', 'Who could run it') },
  {
    name: '2-site-page-review',
    show: async ({ page, site }) => {
      await page.goto(site.link);
      await page.getByText('Waiting for a decision').first().waitFor();
      await page.goto(site.review);
    },
  },
  { name: '3-study-waits', show: open(`/studies/${HASHES.running}`, 'Continue without zurich') },
  {
    name: '4-rounds',
    show: async (stage) => {
      await open(`/studies/${HASHES.running}/rounds`, 'who did what')(stage);
      await stage.page.locator('.plot-live canvas').nth(1).waitFor();
    },
  },
  { name: '5-results', theme: 'dark', show: open(`/studies/${HASHES.done}/results`, 'Calibration') },
  {
    name: '6-budgets',
    show: async (stage) => {
      await open('/budgets', 'heart at cleveland')(stage);
      await stage.page.locator('.plot-live canvas').nth(1).waitFor();
    },
  },
  {
    name: '7-ledger-verified',
    show: async (stage) => {
      stage.world.ledger = await realLedger();
      await open('/ledgers', 'convenience, not proof')(stage);
      await stage.page.getByRole('button', { name: 'Verify heart at st-elsewhere here' }).click();
      await stage.page.getByText('The ledger of heart at st-elsewhere holds.').waitFor();
    },
  },
  { name: '8-inbox-phone', viewport: PHONE, show: open('/inbox', 'zurich refused') },
];
