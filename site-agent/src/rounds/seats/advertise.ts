import { createHash, randomBytes } from 'node:crypto';
import { seatsDigest, seedCommitment } from '@consilium/protocol';
import type { AdvertiseSeats } from '@consilium/protocol/wire';
import { requireWithinLimit } from '../../approval/epsilon-limit.js';
import { ask } from '../ask-coordinator.js';
import { requireNewestKeys } from '../attempt-keys.js';
import { timed } from '../round-step.js';
import { siteRefused } from '../site-refused.js';
import type { StudyAtSite } from '../study-at-site.js';
import { requireRemembered } from '../witnesses/restored.js';
import { findBlock } from './blocks.js';
import { checkFirstRound, checkSeatCount, sumsHash } from './check-members.js';
import { drawSeats, publicSeat, saveSeats, seatsOfBlock, type BlockName } from './seat-secrets.js';

const SEED_PART_BYTES = 32;

/**
 * Step 1 of PROTOCOL.md section 4: fresh keys and commitments of a block of seats, kept before they are shown. Asked
 * again it shows the same; a block of which a seat was used is not shown again.
 */
export async function advertise(at: StudyAtSite, { keyEpoch, block, seats, round }: AdvertiseSeats, signal: AbortSignal): Promise<void> {
  checkSeatCount(seats);
  requireRemembered(at.state, at.hash, { block });
  requireNewestKeys(at, keyEpoch);
  checkFirstRound(at.study, round);
  requireWithinLimit(at);
  if (!findBlock(at.state, { study: at.hash, keyEpoch, block })) at.requireOpen();
  // The price of the rounds to come is held, and others have seen it, before any key for them is shown.
  const reserve = await timed(at.took, 'reserve', () => at.budgets.evidence(at, round));
  if (signal.aborted) return;
  const reserveSha256 = reserve === undefined ? Buffer.alloc(0) : createHash('sha256').update(reserve).digest();
  const name: BlockName = { study: at.hash, keyEpoch, block };
  if (!findBlock(at.state, name)) saveSeats(at.state, name, drawSeats(seats), randomBytes(SEED_PART_BYTES));
  const own = seatsOfBlock(at.state, name).map(publicSeat);
  if (own.length !== seats) throw siteRefused('SEAT_USED');
  const roundKeys = own.map(({ roundKey }) => roundKey);
  const commitments = own.map(({ commitment }) => commitment);
  const parameters = sumsHash(at.study);
  const committed = seedCommitment(findBlock(at.state, name)?.seedPart ?? Buffer.alloc(SEED_PART_BYTES));
  const { signature } = at.sign('advert', {
    consortium: at.consortium,
    study: at.hash,
    keyEpoch,
    block,
    site: at.name,
    seats: seatsDigest({ roundKeys, commitments }),
    parameters,
    seed: committed.toString('hex'),
    reserve: reserve === undefined ? null : reserveSha256.toString('hex'),
  });
  const proof = { reserve: reserve ?? Buffer.alloc(0), reserveSha256 };
  const advert = { site: at.name, roundKeys, commitments, parameters, signature, seedCommitment: committed, ...proof };
  await ask(at.connection.round.advertise, { study: at.hash, keyEpoch, block, advert }, signal);
}
