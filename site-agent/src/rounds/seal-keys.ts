import { createHash } from 'node:crypto';
import { openSealed, sealTo } from '@consilium/identity';
import { canonicalJson, ConsiliumError, type SiteName, type Statement } from '@consilium/protocol';
import type { SealedBox } from '@consilium/protocol/wire';
import { packKeys, unpackKeys, type EpochKeys } from './key-epochs.js';
import type { StudyAtSite } from './study-at-site.js';
import type { StudyMember, VerifyStatement } from './study-members.js';

const INFO = Buffer.from('consilium/v1/study keys', 'utf8');

/** What a box belongs to: opened in any other study, epoch or direction, it does not open. */
function context(at: Pick<StudyAtSite, 'consortium' | 'hash'>, keyEpoch: number, from: SiteName, to: SiteName): Buffer {
  return canonicalJson({ consortium: at.consortium, study: at.hash, keyEpoch, from, to });
}

function boxStatement(
  at: StudyAtSite,
  keyEpoch: number,
  from: SiteName,
  to: SiteName,
  encapsulated: Uint8Array,
  ciphertext: Uint8Array,
): Statement<'box'> {
  const sha256 = createHash('sha256').update(encapsulated).update(ciphertext).digest('hex');
  return { consortium: at.consortium, study: at.hash, keyEpoch, from, to, sha256 };
}

/** The keys of an epoch, sealed to one site's roster key and signed: HPKE alone does not say who sealed. */
export async function sealKeys(at: StudyAtSite, keyEpoch: number, keys: EpochKeys, to: StudyMember): Promise<SealedBox> {
  const { encapsulatedKey, ciphertext } = await sealTo({
    publicKey: to.sealingKey,
    info: INFO,
    aad: context(at, keyEpoch, at.name, to.site),
    plaintext: packKeys(keys),
  });
  const { signature } = at.sign('box', boxStatement(at, keyEpoch, at.name, to.site, encapsulatedKey, ciphertext));
  return { from: at.name, to: to.site, encapsulatedKey, ciphertext, signature };
}

/**
 * Opens the steward's box, after its signature was checked against the roster.
 * @throws ConsiliumError BOX_REFUSED where the signature is not the steward's; SEAL_INVALID, KEYS_MALFORMED
 */
export async function openKeys(
  at: StudyAtSite,
  keyEpoch: number,
  steward: SiteName,
  box: SealedBox,
  verify: VerifyStatement,
): Promise<EpochKeys> {
  const { encapsulatedKey, ciphertext, signature } = box;
  if (!verify('box', steward, boxStatement(at, keyEpoch, steward, at.name, encapsulatedKey, ciphertext), signature))
    throw new ConsiliumError({
      code: 'BOX_REFUSED',
      errorClass: 'verification',
      message: `The sealed keys of epoch ${keyEpoch} are not signed by ${steward}.`,
      fix: 'Compare the fingerprint words of that site; the coordinator can start a new key epoch.',
    });
  const plaintext = await openSealed({
    encapsulatedKey,
    ciphertext,
    privateKey: at.sealingKey,
    info: INFO,
    aad: context(at, keyEpoch, steward, at.name),
  });
  return unpackKeys(plaintext);
}
