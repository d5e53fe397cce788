import { ObjectKind, type UploadBundle } from '@consilium/protocol/wire';
import { ask } from '../rounds/ask-coordinator.js';
import type { StudyAtSite } from '../rounds/study-at-site.js';
import { uploadFile } from '../rounds/upload-file.js';
import { findVote } from '../state/index.js';
import { siteRefused } from '../rounds/site-refused.js';
import { studyBundle } from './study-bundle.js';

/**
 * The release rule is met: this site, which voted yes, signs the SHA-256 of the bundle, and sends the bytes if it is
 * the one that is asked to.
 * @throws SiteRefused NOT_APPROVED where this site has not said yes, whatever the coordinator claims
 */
export async function uploadBundle(at: StudyAtSite, { round, send }: UploadBundle, signal: AbortSignal): Promise<void> {
  const said = findVote(at.state, at.hash)?.vote ?? (at.releaseInAdvance ? 'yes' : 'no');
  if (said !== 'yes') throw siteRefused('NOT_APPROVED', {}, new Error('this site did not vote for the release'));
  const { path, bytes, sha256 } = studyBundle(at, round);
  const { consortium, hash: study, name: site } = at;
  const { json, signature } = at.sign('bundle', { consortium, study, site, sha256 });
  await ask(at.connection.release.sign, { statement: json, signature }, signal);
  if (!send || signal.aborted) return;
  const { transfer } = at.connection;
  const place = { keyEpoch: 0, round, attempt: 0 };
  const header = {
    study,
    kind: ObjectKind.OBJECT_KIND_BUNDLE,
    ...place,
    parameters: '',
    length: BigInt(bytes),
    sha256: Buffer.from(sha256, 'hex'),
  };
  const upload = at.sign('upload', { consortium, study, site, ...place, bytes, sha256 });
  const calls = {
    offset: (request: Parameters<typeof transfer.offset>[0]) => ask(transfer.offset, request, signal),
    upload: transfer.upload,
  };
  await uploadFile(calls, { path, header, signature: upload.signature }, signal);
}
