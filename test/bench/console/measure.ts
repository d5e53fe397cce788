import { consoleWorld } from '../../browser/support/console-world.js';
import { openBrowser } from '../../browser/support/open-browser.js';
import { PAGES } from '../../browser/support/pages.js';

/** One look at one page with nothing in the cache. */
interface Look {
  readonly name: string;
  /** Over the wire, as the coordinator sends it: headers and bodies, compressed where they are. */
  readonly bytes: number;
  readonly scriptBytes: number;
  readonly requests: number;
  /** From the beginning of the navigation until what the page is about can be read. */
  readonly readyMs: number;
  /** Largest contentful paint. */
  readonly paintMs: number;
}

/** In the page: when its largest part was painted. */
const LARGEST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true });
})`;

const [repeats = '3', slower = '4', ...names] = process.argv.slice(2);
const world = await consoleWorld();
const opened = await openBrowser();

async function look({ name, path, sign, signedOut }: (typeof PAGES)[number]): Promise<Look> {
  world.signedIn = !signedOut;
  const context = await opened.browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    const kinds = new Map<string, string>();
    let [bytes, scriptBytes, requests] = [0, 0, 0];
    devtools.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      requests += 1;
      bytes += encodedDataLength;
      if (kinds.get(requestId) === 'Script') scriptBytes += encodedDataLength;
    });
    await devtools.send('Network.enable');
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: Number(slower) });
    await page.goto(world.url + path, { waitUntil: 'commit' });
    await page.getByText(sign).first().waitFor({ timeout: 60_000 });
    const readyMs = await page.evaluate<number>('performance.now()');
    const paintMs = await page.evaluate<number>(LARGEST_PAINT);
    return { name, bytes, scriptBytes, requests, readyMs, paintMs };
  } finally {
    await context.close();
  }
}

try {
  for (const page of PAGES.filter(({ name }) => names.includes(name)))
    for (let repeat = 0; repeat < Number(repeats); repeat += 1) process.stdout.write(`${JSON.stringify(await look(page))}\n`);
} finally {
  await opened.close();
  await world.close();
}
