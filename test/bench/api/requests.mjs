// What a browser asks for first, page by page, and how it is timed.
import { randomUUID } from 'node:crypto';

/** Requests of the console's first pages; a page is there when all of them are answered. */
export const PAGES = (hash) => ({
  inbox: ['/inbox', '/studies?limit=50'],
  studies: ['/studies?limit=50'],
  overview: [`/studies/${hash}`],
  rounds: [`/studies/${hash}/rounds?limit=50`, `/studies/${hash}/site-phases`],
  results: [`/studies/${hash}/metrics`],
  sites: ['/sites'],
  egress: ['/egress?limit=50'],
});

/** @returns milliseconds until the whole answer is here @throws for an answer that is none */
export async function timed({ url, token }, path, { method = 'GET', body, headers = {} } = {}) {
  const start = performance.now();
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const bytes = (await response.arrayBuffer()).byteLength;
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}`);
  return { ms: performance.now() - start, bytes };
}

/** A whole page: its requests side by side. */
export async function page(at, paths) {
  const start = performance.now();
  const answers = await Promise.all(paths.map((path) => timed(at, path)));
  return { ms: performance.now() - start, bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Users who read pages at random, and one time in ten change something, for so long. */
export async function crowd(at, hash, { users, seconds }) {
  const pages = Object.values(PAGES(hash));
  const times = [];
  const until = performance.now() + seconds * 1_000;
  const user = async (number) => {
    for (let step = number; performance.now() < until; step += 1) {
      if (step % 10 === 9) {
        const headers = { 'idempotency-key': randomUUID() };
        times.push((await timed(at, `/sites/invitations`, { method: 'POST', body: { site: `new-${number}` }, headers })).ms);
      } else for (const path of pages[step % pages.length]) times.push((await timed(at, path)).ms);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: users }, (_, number) => user(number)));
  return { times, seconds: (performance.now() - started) / 1_000 };
}

export const quantile = (values, share) =>
  values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
