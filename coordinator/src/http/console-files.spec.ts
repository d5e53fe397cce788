import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { securityHeaders } from '../access/index.js';
import { consoleFiles } from './console-files.js';

const folder = mkdtempSync(join(tmpdir(), 'consilium-console-'));
const dist = join(folder, 'dist');
const AS_PAGE = { accept: 'text/html,*/*' };
let server: Server;

/** A request as it is written, dots and all: fetch would mend the path. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    request({ port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });

beforeAll(async () => {
  writeFileSync(join(folder, 'secret.txt'), 'SECRET');
  const [headers, serve] = [securityHeaders(false), consoleFiles(dist)];
  server = createServer((from, to) => headers(from, to, () => serve(from, to, () => to.writeHead(404).end('next'))));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the console', () => {
  it('says in one sentence that it is not built, and is there as soon as it is', async () => {
    const missing = await get('/', AS_PAGE);
    expect(missing.status).toBe(503);
    expect(missing.body).toMatch(/^The console is not built here; .*\.\n$/);
    mkdirSync(join(dist, 'assets'), { recursive: true });
    writeFileSync(join(dist, 'index.html'), '<head><meta name="csp-nonce" content="" /></head>');
    writeFileSync(join(dist, 'assets', 'a-1.js'), `export const text = '${'x'.repeat(5000)}';`);
    expect((await get('/', AS_PAGE)).status).toBe(200);
  });

  it('is one page at every address that is not the API or a file, for browsers only', async () => {
    for (const path of ['/', '/studies/7c41?q=a', '/setup', '/index.html', '/assets/none.js']) {
      const page = await get(path, AS_PAGE);
      expect(page.status, path).toBe(200);
      expect(page.headers['content-type'], path).toContain('text/html');
      expect(page.headers['cache-control']).toBe('no-store');
    }
    for (const path of ['/api/v1/nowhere', '/healthz', '/metrics']) expect((await get(path, AS_PAGE)).body, path).toBe('next');
    expect((await get('/nowhere', { accept: 'application/json' })).body).toBe('next');
    expect((await get('/', AS_PAGE, 'POST')).body).toBe('next');
  });

  it('lets the page run what comes from here and nothing else, with a number that is never the same', async () => {
    const pages = [await get('/', AS_PAGE), await get('/', AS_PAGE)];
    const nonces = pages.map(({ headers, body }) => {
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none';script-src 'self';");
      expect(policy).not.toContain('unsafe');
      const nonce = /'nonce-([\w-]{22})'/.exec(policy)?.[1];
      expect(body).toContain(`content="${nonce}"`);
      return nonce;
    });
    expect(new Set(nonces).size).toBe(2);
  });

  it('keeps files for ever that are named by their content, packed for who can unpack, and asks by tag for others', async () => {
    const plain = await get('/assets/a-1.js');
    expect(plain.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' });
    const packed = await get('/assets/a-1.js', { 'accept-encoding': 'gzip, br' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.body.length).toBeLessThan(plain.body.length / 10);
    expect((await get('/assets/a-1.js', { 'if-none-match': String(plain.headers.etag) })).status).toBe(304);
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '//secret.txt',
    '/..\\secret.txt',
  ])('never leaves its folder: %s', async (path) => {
    for (const headers of [{}, AS_PAGE]) expect((await get(path, headers)).body).not.toContain('SECRET');
  });
});
