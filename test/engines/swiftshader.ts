import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

/** A Vulkan driver that computes on the processor, unpacked from the browser that the tests bring. */
export interface SoftwareDriver {
  /** For the process that shall use it. */
  readonly environment: Record<string, string>;
  readonly remove: () => void;
}

/** Why there is no such driver here; undefined where there is. */
export function noSoftwareDriver(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `SwiftShader comes for linux-x64 only, this is ${process.platform}-${process.arch}`;
  return existsSync(archive()) ? undefined : '@sparticuz/chromium is not installed';
}

const archive = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin', 'swiftshader.tar.br');

/** Unpacks it into a folder of its own; the loader `libvulkan.so.1` is part of it. */
export function softwareDriver(): SoftwareDriver {
  const folder = mkdtempSync(join(tmpdir(), 'consilium-swiftshader-'));
  const packed = join(folder, 'packed.tar');
  writeFileSync(packed, brotliDecompressSync(readFileSync(archive())));
  execFileSync('tar', ['-xf', packed, '-C', folder]);
  rmSync(packed);
  return {
    environment: { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
