// npm run screenshots: the pictures of the README's tour, into docs/screenshots.
// npm run screenshots -- FOLDER [NAME …]: every page (or those named) in both themes, for a desk and for a telephone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { consoleWorld } from './support/console-world.js';
import { openBrowser } from './support/open-browser.js';
import { PAGES } from './support/pages.js';
import { NOW } from './support/seed-studies.js';
import { sitePageWorld } from './support/site-page-world.js';
import { PHONE, TOUR, DESK } from './support/tour.js';

const [folder, ...names] = process.argv.slice(2);
const world = await consoleWorld();
const opened = await openBrowser();

/** A page whose clock stands still, so that the same picture comes out each time. */
async function newPage(viewport: typeof DESK, colorScheme: 'light' | 'dark'): Promise<Page> {
  const page = await (await opened.browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })).newPage();
  page.on('console', (message) => message.type() === 'error' && process.stderr.write(`${page.url()}: ${message.text()}\n`));
  page.on('pageerror', (error) => process.stderr.write(`${page.url()}: ${error.message}\n`));
  await page.clock.setFixedTime(NOW);
  return page;
}

async function everyPage(into: string): Promise<void> {
  const page = await newPage(DESK, 'light');
  for (const { name, path, sign, signedOut } of PAGES.filter((one) => names.length === 0 || names.includes(one.name))) {
    world.signedIn = !signedOut;
    await page.setViewportSize(DESK);
    await page.goto('about:blank');
    await page.goto(world.url + path);
    await page
      .getByText(sign)
      .first()
      .waitFor()
      .catch((error: unknown) => process.stderr.write(`${name}: ${String(error).split('\n')[0]}\n`));
    for (const [size, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
        await page.screenshot({ path: join(into, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      }
    }
  }
}

async function tour(into: string): Promise<void> {
  const site = await sitePageWorld();
  try {
    for (const { name, theme = 'light', viewport = DESK, show } of TOUR) {
      const page = await newPage(viewport, theme);
      await show({ page, world, site });
      // A figure is drawn once it knows how wide it is.
      await page.locator('.plot-canvas:empty').first().waitFor({ state: 'detached' });
      await page.screenshot({ path: join(into, `${name}.png`) });
      await page.context().close();
    }
  } finally {
    site.close();
  }
}

try {
  const into = folder ?? 'docs/screenshots';
  mkdirSync(into, { recursive: true });
  await (folder === undefined ? tour(into) : everyPage(into));
} finally {
  await opened.close();
  await world.close();
}
