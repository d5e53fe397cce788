// Makes pictures of every page in both themes, for a desk and for a telephone: npm run screenshots [folder] [name …]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { consoleWorld } from './support/console-world.js';
import { openBrowser } from './support/open-browser.js';
import { PAGES } from './support/pages.js';
import { NOW } from './support/seed-studies.js';

const [folder = 'docs/screenshots', ...names] = process.argv.slice(2);
const sizes = [
  { name: 'desk', width: 1440, height: 900 },
  { name: 'phone', width: 390, height: 844 },
];

mkdirSync(folder, { recursive: true });
const world = await consoleWorld();
const opened = await openBrowser();
try {
  for (const { name: size, ...viewport } of sizes)
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await opened.browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && process.stderr.write(`${page.url()}: ${message.text()}\n`));
      page.on('pageerror', (error) => process.stderr.write(`${page.url()}: ${error.message}\n`));
      await page.clock.setFixedTime(NOW);
      for (const { name, path, sign, signedOut } of PAGES.filter((one) => names.length === 0 || names.includes(one.name))) {
        world.signedIn = !signedOut;
        try {
          await page.goto(world.url + path);
          await page.getByText(sign).first().waitFor({ timeout: 15_000 });
        } catch (error) {
          process.stderr.write(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : ''}\n`);
        }
        await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      }
      await context.close();
    }
} finally {
  await opened.close();
  await world.close();
}
