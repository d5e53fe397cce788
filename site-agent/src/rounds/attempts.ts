import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from '../state/index.js';
import { siteRefused } from './site-refused.js';

/** One try at a round, and the seat that it uses. */
export interface AttemptPlace {
  readonly keyEpoch: number;
  readonly round: number;
  readonly attempt: number;
  readonly block: number;
  readonly seat: number;
}

/** What this site has signed in an attempt; hex. */
interface SignedAttempt extends AttemptPlace {
  readonly listRoot: string | null;
  readonly foldSha256: string | null;
}

const Row = z
  .object({
    round: z.number(),
    attempt: z.number(),
    key_epoch: z.number(),
    block: z.number(),
    seat: z.number(),
    list_root: z.string().nullable(),
    fold_sha256: z.string().nullable(),
  })
  .transform(({ key_epoch: keyEpoch, list_root: listRoot, fold_sha256: foldSha256, ...row }): SignedAttempt => ({
    ...row,
    keyEpoch,
    listRoot,
    foldSha256,
  }));

const another = (code: string, what: string) =>
  new ConsiliumError({
    code,
    errorClass: 'verification',
    message: `This site has already stood by another ${what} in this attempt.`,
    fix: "Nothing is signed or released; ask the coordinator's admin how two of them came about.",
  });

function findAttempt(
  state: SiteState,
  study: StudyHash,
  { round, attempt }: Pick<AttemptPlace, 'round' | 'attempt'>,
): SignedAttempt | undefined {
  const row = state.database
    .prepare('SELECT * FROM study_attempt WHERE study = ? AND round = ? AND attempt = ?')
    .get(study, round, attempt);
  return row === undefined ? undefined : Row.parse(row);
}

/**
 * Binds a seat to one attempt, for ever and before it is used (PROTOCOL.md section 4, step 2): a b used twice would let
 * the release of one attempt open the other.
 * @throws SiteRefused SEAT_USED where the seat stands for another attempt, or the attempt for another seat
 */
export function bindSeat(state: SiteState, study: StudyHash, place: AttemptPlace): void {
  const { round, attempt, keyEpoch, block, seat } = place;
  state.transaction(() => {
    const bound = findAttempt(state, study, place);
    if (bound) {
      if (bound.keyEpoch === keyEpoch && bound.block === block && bound.seat === seat) return;
      throw siteRefused('SEAT_USED', {}, new Error(`attempt ${round}.${attempt} uses seat ${bound.seat} of block ${bound.block}`));
    }
    const { changes } = state.database
      .prepare('INSERT OR IGNORE INTO study_attempt (study, round, attempt, key_epoch, block, seat) VALUES (?, ?, ?, ?, ?, ?)')
      .run(study, round, attempt, keyEpoch, block, seat);
    if (changes === 0) throw siteRefused('SEAT_USED', {}, new Error(`seat ${seat} of block ${block} was used for another attempt`));
  });
}

/**
 * The one list of an attempt that this site stands by (step 5); durable when it returns, before a signature leaves.
 * @param root - as `standsBy` has it
 * @throws ConsiliumError LIST_REFUSED where that is another one
 */
export function fixList(state: SiteState, study: StudyHash, place: AttemptPlace, root: string): void {
  state.transaction(() => {
    bindSeat(state, study, place);
    const listRoot = findAttempt(state, study, place)?.listRoot;
    if (listRoot === root) return;
    if (typeof listRoot === 'string') throw another('LIST_REFUSED', 'list of contributors');
    const { round, attempt } = place;
    state.database
      .prepare('UPDATE study_attempt SET list_root = ? WHERE study = ? AND round = ? AND attempt = ?')
      .run(root, study, round, attempt);
  });
}

/**
 * The one fold of an attempt that this site stands by (step 7); durable when it returns.
 * @param sha256 - hex
 * @throws ConsiliumError FOLD_REFUSED where that is another one
 */
export function fixFold(state: SiteState, study: StudyHash, place: AttemptPlace, sha256: string): void {
  state.transaction(() => {
    const foldSha256 = findAttempt(state, study, place)?.foldSha256;
    if (foldSha256 === sha256) return;
    if (typeof foldSha256 === 'string') throw another('FOLD_REFUSED', 'sum');
    const { round, attempt } = place;
    state.database
      .prepare('UPDATE study_attempt SET fold_sha256 = ? WHERE study = ? AND round = ? AND attempt = ?')
      .run(sha256, study, round, attempt);
  });
}
