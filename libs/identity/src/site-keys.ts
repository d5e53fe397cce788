import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ConsiliumError } from '@consilium/protocol';
import { rawIdentityKey } from './ed25519.js';
import { createSealingKey, SEALING_SEED_BYTES, sealingPublicKey } from './sealing.js';
import { createSecretFile, explainWrites, readSecretFile, syncDirectory, type SecretFileOptions } from './secret-file.js';
import { createTransportKey, transportKeyPair } from './transport-keys.js';

/** The file names inside the directory of keys. */
export const SITE_KEY_FILES = { transport: 'transport.key', identity: 'identity.key', sealing: 'sealing.key' } as const;

/** A site's three keys: who connects, who signs, who may read. */
export interface SiteKeys {
  /** ECDSA P-256, PKCS#8 PEM: for TLS only. */
  readonly transportKeyPem: string;
  /** Ed25519 private key: signs statements. */
  readonly identityKey: KeyObject;
  /** Its public half, 32 bytes, as on the roster. */
  readonly identityPublicKey: Buffer;
  /** X-Wing seed, 32 bytes: opens sealed messages. */
  readonly sealingKey: Buffer;
  /** Its public half, 1216 bytes, as on the roster. */
  readonly sealingPublicKey: Buffer;
}

/**
 * Makes a site's three keys: files of mode 0600 in a new directory of mode 0700 whatever the umask. All three appear
 * at once and durably, or none does.
 * @throws ConsiliumError KEYS_EXIST when the directory is there and not empty; KEY_FILE_WRITE when the disk does not take them
 */
export async function createSiteKeys(directory: string): Promise<SiteKeys> {
  const target = resolve(directory);
  const parent = dirname(target);
  const transport = await createTransportKey();
  const identity = await promisify(generateKeyPair)('ed25519');
  const sealing = await createSealingKey();
  await explainWrites(target, async () => {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    const fresh = await mkdtemp(join(parent, `.${basename(target)}.`));
    try {
      await chmod(fresh, 0o700);
      await createSecretFile(join(fresh, SITE_KEY_FILES.transport), Buffer.from(transport));
      const pem = identity.privateKey.export({ type: 'pkcs8', format: 'pem' });
      await createSecretFile(join(fresh, SITE_KEY_FILES.identity), Buffer.from(pem));
      await createSecretFile(join(fresh, SITE_KEY_FILES.sealing), sealing.privateKey);
      await syncDirectory(fresh);
      await rename(fresh, target);
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      throw isOccupied(error) ? keysExist(target) : error;
    }
    await syncDirectory(parent);
  });
  return {
    transportKeyPem: transport,
    identityKey: identity.privateKey,
    identityPublicKey: rawIdentityKey(identity.publicKey),
    sealingKey: sealing.privateKey,
    sealingPublicKey: sealing.publicKey,
  };
}

/**
 * Reads a site's keys back.
 * @throws ConsiliumError KEY_FILE_MODE when somebody else could read them (field case OPS-2), KEY_FILE_MISSING, KEY_FILE_INVALID
 */
export async function loadSiteKeys(directory: string, options: SecretFileOptions = {}): Promise<SiteKeys> {
  const read = (name: string) => readSecretFile(join(directory, name), options);
  const transport = await read(SITE_KEY_FILES.transport);
  const identity = await read(SITE_KEY_FILES.identity);
  const sealing = await read(SITE_KEY_FILES.sealing);
  const transportKeyPem = wellFormed(directory, SITE_KEY_FILES.transport, () => {
    transportKeyPair(transport.toString('utf8'));
    return transport.toString('utf8');
  });
  const identityKey = wellFormed(directory, SITE_KEY_FILES.identity, () => createPrivateKey(identity));
  const identityPublicKey = wellFormed(directory, SITE_KEY_FILES.identity, () => rawIdentityKey(createPublicKey(identityKey)));
  if (sealing.length !== SEALING_SEED_BYTES) throw malformed(directory, SITE_KEY_FILES.sealing);
  return { transportKeyPem, identityKey, identityPublicKey, sealingKey: sealing, sealingPublicKey: await sealingPublicKey(sealing) };
}

function wellFormed<T>(directory: string, name: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw malformed(directory, name);
  }
}

function malformed(directory: string, name: string): ConsiliumError {
  return new ConsiliumError({
    code: 'KEY_FILE_INVALID',
    errorClass: 'usage',
    message: `${join(directory, name)} does not hold the key that belongs there.`,
    fix: 'Restore the directory of keys from a backup, or join again with new keys.',
  });
}

function isOccupied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST' || error.code === 'ENOTDIR');
}

function keysExist(directory: string): ConsiliumError {
  return new ConsiliumError({
    code: 'KEYS_EXIST',
    errorClass: 'failed',
    message: `${directory} is already in use; keys are never overwritten.`,
    fix: 'Go on with the keys that are there, or move the directory away first.',
  });
}
