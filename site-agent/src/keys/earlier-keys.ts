import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identitySigner, readSecretFile, SITE_KEY_FILES, type IdentitySigner } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import type { SiteConfig } from '../config/index.js';
import { syncDirectory, type StateLayout } from '../state/index.js';

/** An identity key that the site had before, and where it lies. */
export interface EarlierKey {
  readonly file: string;
  readonly signer: IdentitySigner;
}

/** Files with identity keys that a `join --new-keys` has replaced, newest first. */
export function earlierKeyFiles({ keys, siteKeys }: StateLayout): readonly string[] {
  const directories = readdirSync(keys, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && join(keys, entry.name).startsWith(`${siteKeys}-until-`),
  );
  return directories
    .map(({ name }) => join(keys, name, SITE_KEY_FILES.identity))
    .filter((file) => existsSync(file))
    .toSorted()
    .toReversed();
}

/**
 * The earlier identity keys that are still here: until every ledger that they sign has been handed on, and others have
 * seen it.
 * @throws ConsiliumError KEY_FILE_MODE, KEY_FILE_INVALID
 */
export async function earlierKeys(layout: StateLayout, { keyFiles }: Pick<SiteConfig, 'keyFiles'>): Promise<readonly EarlierKey[]> {
  return Promise.all(earlierKeyFiles(layout).map(async (file) => ({ file, signer: signerIn(file, await readSecretFile(file, keyFiles)) })));
}

/** Deletes an earlier identity key, durably. What it signed is checked with its public half, which rosters and ledgers hold. */
export function deleteEarlierKey({ file }: Pick<EarlierKey, 'file'>): void {
  rmSync(file, { force: true });
  syncDirectory(dirname(file));
}

function signerIn(file: string, pem: Buffer): IdentitySigner {
  try {
    return identitySigner(createPrivateKey(pem));
  } catch (cause) {
    throw new ConsiliumError({
      code: 'KEY_FILE_INVALID',
      errorClass: 'usage',
      message: `${file} does not hold the key that belongs there.`,
      fix: 'Restore it from a backup; while it is damaged, a ledger that it signs cannot be handed on to the present key.',
      cause,
    });
  }
}
