import { ConsiliumError, StudyHash, type SiteName } from '@consilium/protocol';
import { ObjectKind, type UploadHeader } from '@consilium/protocol/wire';
import { parametersHash } from '@consilium/sealed-sum/parameters';
import type { SpoolObject } from '../aggregation/spool.js';
import type { Attempt, StudyState, Upload } from '../rounds/study-state.js';
import { requireMember } from './words-of-sites.js';

/** A bundle is the model of one study as JSON. */
const LARGEST_BUNDLE = 2 ** 34;

/** An upload that the coordinator expects from a site: where it goes, and what was agreed of it. */
export interface UploadTarget {
  readonly study: StudyHash;
  readonly object: SpoolObject;
  readonly length: number;
  readonly sha256: Buffer;
  /** What the site delivered before, if it did. */
  readonly whole: Upload | undefined;
  readonly attempt: Attempt | undefined;
}

const refuse = (code: string, message: string, fix: string): ConsiliumError =>
  new ConsiliumError({ code, errorClass: 'refused', message, fix });

/**
 * Checks a header against what the study expects of the site now.
 * @throws ConsiliumError TOO_LATE, CIPHERTEXT_REFUSED (length, parameters or key epoch), UPLOAD_REFUSED
 */
export function uploadTarget(header: UploadHeader, site: SiteName, stateOf: (study: StudyHash) => StudyState): UploadTarget {
  const study = StudyHash.parse(header.study);
  const state = stateOf(study);
  requireMember(state, site);
  if (header.sha256.length !== 32)
    throw refuse('UPLOAD_REFUSED', 'An upload header names a SHA-256 of 32 bytes.', 'Update consilium-site.');
  if (header.kind === ObjectKind.OBJECT_KIND_BUNDLE) return bundleTarget(header, site, state);
  if (header.kind !== ObjectKind.OBJECT_KIND_CONTRIBUTION)
    throw refuse('UPLOAD_REFUSED', 'Sites upload contributions and bundles only.', 'Update consilium-site.');
  return contributionTarget(header, site, state);
}

function contributionTarget(header: UploadHeader, site: SiteName, state: StudyState): UploadTarget {
  const { activity } = state;
  const attempt = activity.phase === 'round' ? activity.attempt : undefined;
  const whole = attempt?.uploads.get(site);
  const current = attempt?.round === header.round && attempt.attempt === header.attempt;
  const open = current && (attempt.phase === 'announced' || attempt.phase === 'uploading');
  if (!attempt || !current || (!open && !whole))
    throw refuse(
      'TOO_LATE',
      `Round ${header.round} of the study no longer takes uploads.`,
      'Nothing to do; the site takes part in the next round.',
    );
  if (!attempt.participants.includes(site))
    throw refuse('UPLOAD_REFUSED', 'The site was not asked in this round.', 'Nothing to do; the site takes part in the next round.');
  if (whole && whole.sha256 !== header.sha256.toString('hex'))
    throw refuse(
      'UPLOAD_REFUSED',
      'The site has delivered another contribution in this attempt.',
      'One upload an attempt: the site sends the bytes that it sealed first.',
    );
  const parameters = state.study.derived.sums[attempt.kind];
  if (header.keyEpoch !== attempt.keyEpoch)
    throw refuse(
      'CIPHERTEXT_REFUSED',
      `The ciphertext is of key epoch ${header.keyEpoch}; the round uses ${attempt.keyEpoch}.`,
      'The site takes the current keys and seals again.',
    );
  if (header.parameters !== parametersHash(parameters))
    throw refuse(
      'CIPHERTEXT_REFUSED',
      "The ciphertext was made with other parameters than the study's.",
      'Use the same version of Consilium at the site and the coordinator.',
    );
  if (header.length !== BigInt(parameters.uploadBytes))
    throw refuse(
      'CIPHERTEXT_REFUSED',
      `The ciphertext has ${header.length} bytes; it must have ${parameters.uploadBytes}.`,
      'The site seals again.',
    );
  return {
    study: state.hash,
    object: { kind: 'contribution', study: state.hash, round: header.round, attempt: header.attempt, site },
    length: parameters.uploadBytes,
    sha256: header.sha256,
    whole,
    attempt,
  };
}

function bundleTarget(header: UploadHeader, site: SiteName, state: StudyState): UploadTarget {
  const { activity } = state;
  if (activity.phase !== 'releasing' && activity.phase !== 'ended')
    throw refuse('UPLOAD_REFUSED', 'The model of this study is not being released.', 'Wait for the end of the study.');
  if (header.length < 1n || header.length > BigInt(LARGEST_BUNDLE))
    throw refuse('UPLOAD_REFUSED', `A bundle has 1 to ${LARGEST_BUNDLE} bytes, not ${header.length}.`, 'Look at the incident at the site.');
  const sha256 = header.sha256.toString('hex');
  if (activity.phase === 'releasing' && activity.bundles.get(site) !== sha256)
    throw refuse('UPLOAD_REFUSED', "The bundle's hash is not the one that the site signed.", 'The site signs the bundle first.');
  const received = activity.phase === 'releasing' ? activity.received : state.released;
  if (activity.phase === 'ended' && received?.sha256 !== sha256) throw refuse('TOO_LATE', 'The study has ended.', 'Nothing to do.');
  return {
    study: state.hash,
    object: { kind: 'bundle', study: state.hash },
    length: Number(header.length),
    sha256: header.sha256,
    whole: received && { bytes: received.bytes, sha256: received.sha256, signature: '' },
    attempt: undefined,
  };
}
