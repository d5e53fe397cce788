import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';

const packed = () => join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin');

/** Why there is no browser here; undefined where there is. */
export function noBrowser(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `the packed browser is for linux-x64, this is ${process.platform}-${process.arch}`;
  return existsSync(join(packed(), 'chromium.br')) ? undefined : '@sparticuz/chromium is not installed';
}

/** A real Chromium, unpacked into a folder of its own from the package that brings it. */
export async function openBrowser(): Promise<{ readonly browser: Browser; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'consilium-chromium-'));
  const program = join(folder, 'chromium');
  const unpack = (name: string, to: string) => {
    const tar = join(folder, `${name}.tar`);
    writeFileSync(tar, brotliDecompressSync(readFileSync(join(packed(), `${name}.tar.br`))));
    mkdirSync(to, { recursive: true });
    execFileSync('tar', ['-xf', tar, '-C', to]);
    rmSync(tar);
  };
  writeFileSync(program, brotliDecompressSync(readFileSync(join(packed(), 'chromium.br'))));
  chmodSync(program, 0o755);
  // Libraries that a bare machine lacks, and a font: without one there is no text.
  unpack('al2023', folder);
  unpack('fonts', folder);
  const fonts = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>`;
  writeFileSync(join(folder, 'fonts.conf'), fonts);
  const browser = await chromium.launch({
    executablePath: program,
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', '--disable-dev-shm-usage', '--lang=en-US'],
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: join(folder, 'lib'),
      FONTCONFIG_PATH: folder,
      // A bare machine's "POSIX" is a language that nobody's browser has.
      LANG: 'en_US.UTF-8',
      LANGUAGE: 'en_US',
      LC_ALL: 'en_US.UTF-8',
      HOME: folder,
    },
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
