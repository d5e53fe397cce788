import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { WithNonce } from '../access/index.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const PAGE = '/index.html';
/** Belongs to the API and to the machinery around the coordinator, which answer for themselves. */
const NOT_THE_CONSOLE = /^\/(api|healthz|readyz|metrics)(\/|$)/;
const MISSING = 'The console is not built here; npm run build makes it, and the command line (consilium --help) does all that it does.\n';
const NONCE = '<meta name="csp-nonce" content="" />';

interface StoredFile {
  readonly body: Buffer;
  readonly packed: Buffer | undefined;
  readonly type: string;
  readonly tag: string;
  /** Its name holds a hash of its content, so it never changes. */
  readonly forEver: boolean;
}

/** Where the build of the console lies: beside the package that this file belongs to, built or not. */
export function consoleFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'console', 'dist');
}

/**
 * Serves the console: its files by the names that were there when it was first asked for (so no path leads elsewhere), and its one
 * page for every address that a browser asks for as a page. Nothing of it is secret; what it shows comes from the API.
 */
export function consoleFiles(folder: string) {
  let files: ReadonlyMap<string, StoredFile> = new Map();
  return (request: IncomingMessage, response: ServerResponse & WithNonce, next: () => void): void => {
    const [path = '/'] = (request.url ?? '/').split('?');
    if ((request.method !== 'GET' && request.method !== 'HEAD') || NOT_THE_CONSOLE.test(path)) return next();
    if (!files.has(PAGE)) files = readFolder(folder);
    const file = files.get(path);
    if (file && path !== PAGE) return sendFile(request, response, file);
    if (!(request.headers.accept ?? '').includes('text/html')) return next();
    const page = files.get(PAGE);
    if (page) return sendPage(request, response, page);
    response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }).end(MISSING);
  };
}

function readFolder(folder: string): ReadonlyMap<string, StoredFile> {
  if (!existsSync(join(folder, PAGE))) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = `/${relative(folder, file).split(sep).join('/')}`;
      return [path, storedFile(path, readFileSync(file))];
    }),
  );
}

function storedFile(path: string, body: Buffer): StoredFile {
  const packed = gzipSync(body);
  return {
    body,
    packed: packed.length < body.length * 0.9 ? packed : undefined,
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    forEver: path.startsWith('/assets/'),
  };
}

function sendFile(request: IncomingMessage, response: ServerResponse, { body, packed, type, tag, forEver }: StoredFile): void {
  response.setHeader('Content-Type', type);
  response.setHeader('ETag', tag);
  response.setHeader('Vary', 'Accept-Encoding');
  response.setHeader('Cache-Control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (request.headers['if-none-match'] === tag) return void response.writeHead(304).end();
  const small = packed && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) ? packed : undefined;
  if (small) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', (small ?? body).length);
  response.writeHead(200).end(request.method === 'HEAD' ? undefined : (small ?? body));
}

/** The page, with the number that marks the style elements it makes as its own; the policy that goes with it is set already. */
function sendPage(request: IncomingMessage, response: ServerResponse & WithNonce, { body, type }: StoredFile): void {
  const nonce = String(response.locals?.['cspNonce']);
  const page = body.toString('utf8').replace(NONCE, NONCE.replace('content=""', `content="${nonce}"`));
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(request.method === 'HEAD' ? undefined : page);
}
