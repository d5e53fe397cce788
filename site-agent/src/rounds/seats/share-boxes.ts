import { createHash } from 'node:crypto';
import { openSealed, sealTo } from '@consilium/identity';
import { canonicalJson, type SiteName, type Statement } from '@consilium/protocol';
import type { SealedBox } from '@consilium/protocol/wire';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite } from '../study-at-site.js';
import type { StudyMember, VerifyStatement } from '../study-members.js';
import type { BlockName } from './seat-secrets.js';

const INFO = Buffer.from('consilium/v1/shares', 'utf8');

interface Direction {
  readonly from: SiteName;
  readonly to: SiteName;
}

function context(at: StudyAtSite, { keyEpoch, block }: BlockName, { from, to }: Direction): Buffer {
  return canonicalJson({ consortium: at.consortium, study: at.hash, keyEpoch, block, from, to });
}

function statement(
  at: StudyAtSite,
  { keyEpoch, block }: BlockName,
  { from, to }: Direction,
  box: Pick<SealedBox, 'encapsulatedKey' | 'ciphertext'>,
): Statement<'shareBox'> {
  const sha256 = createHash('sha256').update(box.encapsulatedKey).update(box.ciphertext).digest('hex');
  return { consortium: at.consortium, study: at.hash, keyEpoch, block, from, to, sha256 };
}

/** A bundle of shares, sealed to one member's roster key and signed: HPKE alone does not say who sealed. */
export async function sealBundle(at: StudyAtSite, name: BlockName, bundle: Uint8Array, to: StudyMember): Promise<SealedBox> {
  const direction = { from: at.name, to: to.site };
  const sealed = await sealTo({ publicKey: to.sealingKey, info: INFO, aad: context(at, name, direction), plaintext: bundle });
  const { signature } = at.sign('shareBox', statement(at, name, direction, sealed));
  return { ...direction, ...sealed, signature };
}

/** @throws SiteRefused SHARE_INVALID naming the sender where it did not sign the box, or the box does not open */
export async function openBundle(
  at: StudyAtSite,
  name: BlockName,
  from: SiteName,
  box: SealedBox,
  verify: VerifyStatement,
): Promise<Buffer> {
  const direction = { from, to: at.name };
  if (!verify('shareBox', from, statement(at, name, direction, box), box.signature)) throw siteRefused('SHARE_INVALID', { from });
  const { encapsulatedKey, ciphertext } = box;
  try {
    return await openSealed({ encapsulatedKey, ciphertext, privateKey: at.sealingKey, info: INFO, aad: context(at, name, direction) });
  } catch (cause) {
    throw siteRefused('SHARE_INVALID', { from }, cause);
  }
}
