import { StudyHash } from '@consilium/protocol';
import type { AbortCertificate, Assignment } from '@consilium/protocol/wire';
import { uploadBundle } from '../release/upload-bundle.js';
import { vote } from '../release/vote.js';
import { apply } from './apply.js';
import { contribute } from './contribute.js';
import { endStudy } from './end-study.js';
import { makeKeys } from './make-keys.js';
import { readStoredStudy } from '../approval/read-study.js';
import { findStudy } from '../state/index.js';
import { advertise } from './seats/advertise.js';
import { hold } from './seats/hold.js';
import { revealSeed } from './seats/reveal-seed.js';
import { share } from './seats/share.js';
import { signAbort } from './sign-abort.js';
import { signFold } from './sign-fold.js';
import { signList } from './sign-list.js';
import type { Site, StudyAtSite } from './study-at-site.js';
import { takeKeys } from './take-keys.js';
import { unmask } from './unmask.js';

/** This site's part in a study, if its officer approved it and its own rules allow it. @throws SiteRefused */
export type EnterStudy = (hash: StudyHash) => StudyAtSite;

/**
 * Brings the site to where an assignment wants it (proto/README.md, "How a study runs"). Idempotent, and durable before
 * anything is sent. Ending needs no approval; everything else does.
 */
export async function act(
  site: Pick<Site, 'state' | 'budgets'>,
  enter: EnterStudy,
  { study, task }: Assignment,
  signal: AbortSignal,
): Promise<void> {
  const hash = StudyHash.parse(study);
  /** Nothing is made, signed or released before others have said what this site did before it started. */
  const remembering = async (step: (at: StudyAtSite) => Promise<void>) => {
    const at = enter(hash);
    await at.witnesses.heard(at, signal);
    if (!signal.aborted) await step(at);
  };
  switch (task?.$case) {
    case undefined:
    case 'rest':
      return;
    case 'end':
      endStudy(site.state, hash, task.value.outcome);
      return settleBudget(site, hash, task.value.aborted);
    case 'signAbort':
      return remembering((at) => signAbort(at, task.value, signal));
    case 'makeKeys':
      return makeKeys(enter(hash), task.value, signal);
    case 'takeKeys':
      return takeKeys(enter(hash), task.value, signal);
    case 'advertise':
      return remembering((at) => advertise(at, task.value, signal));
    case 'revealSeed':
      return remembering((at) => revealSeed(at, task.value, signal));
    case 'share':
      return remembering((at) => share(at, task.value, signal));
    case 'hold':
      return remembering((at) => hold(at, task.value, signal));
    case 'contribute':
      return remembering((at) => contribute(at, task.value, signal));
    case 'signList':
      return remembering((at) => signList(at, task.value, signal));
    case 'unmask':
      return remembering((at) => unmask(at, task.value, signal));
    case 'signFold':
      return remembering((at) => signFold(at, task.value, signal));
    case 'apply':
      return apply(enter(hash), task.value, signal);
    case 'vote':
      return vote(enter(hash), task.value, signal);
    case 'uploadBundle':
      return uploadBundle(enter(hash), task.value, signal);
  }
}

/** A study that this site never heard of has reserved nothing. */
async function settleBudget(
  { state, budgets }: Pick<Site, 'state' | 'budgets'>,
  hash: StudyHash,
  aborted: AbortCertificate | undefined,
): Promise<void> {
  const stored = findStudy(state, hash);
  if (stored) await budgets.endStudy({ hash, study: readStoredStudy(stored) }, aborted);
}
