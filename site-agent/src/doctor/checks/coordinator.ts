import { Metadata } from '@grpc/grpc-js';
import { certificateLife, type SiteKeys } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { fromGrpcError } from '@consilium/protocol/wire';
import { connect } from '../../connection/index.js';
import { WARN_BEFORE_MS } from '../../membership/index.js';
import { findMembership, newestRoster, type SiteState } from '../../state/index.js';
import { fail, notRun, ok, warn, type Check, type Found } from '../finding.js';

const PATIENCE_MS = 10_000;
const DAY_MS = 86_400_000;
/** HTTP's date has whole seconds; certificates forgive an hour, days and times of limits do not. */
const UNUSUAL_S = 30;
const WRONG_S = 300;

/** What the coordinator said when it was asked one question as a member. */
interface Answer {
  /** Undefined where it answered as it should. */
  readonly refused: ConsiliumError | undefined;
  /** The coordinator's clock less this one, in seconds, give or take `roundTripMs`; undefined where it said no time. */
  readonly aheadSeconds: number | undefined;
  readonly roundTripMs: number;
}

interface Setup {
  readonly state: SiteState;
  /** host:port */
  readonly coordinator: string;
  readonly keys: () => Promise<SiteKeys>;
  readonly now: Date;
}

/** Whether the site's certificate is accepted and for how long, and whether the two clocks agree: one question serves both. */
export function coordinatorChecks(setup: Setup): readonly Check[] {
  let asked: Promise<Answer> | undefined;
  const answer = () => (asked ??= askRoster(setup));
  return [
    { name: 'certificate', group: 'network', needs: ['tls'], look: () => certificate(setup, answer) },
    { name: 'clock', group: 'network', needs: ['tls'], look: () => clock(setup, answer) },
  ];
}

async function certificate({ state, now }: Setup, answer: () => Promise<Answer>): Promise<Found> {
  const membership = findMembership(state);
  if (membership === undefined) return notRun('this site has not joined yet');
  const { endsAt } = certificateLife(membership.certificatePem);
  const days = Math.floor((endsAt.getTime() - now.getTime()) / DAY_MS);
  const until = `until ${endsAt.toISOString().slice(0, 10)}, ${days} days left`;
  const { refused, roundTripMs } = await answer();
  if (refused)
    return endsAt <= now
      ? fail(
          'CERTIFICATE_EXPIRED',
          `it ended on ${endsAt.toISOString().slice(0, 10)}`,
          "Keys and approvals are unharmed: ask the coordinator's admin for a token (consilium site invite NAME), then: consilium-site join --token-file F",
          "coordinator's admin",
        )
      : fail(refused.code, `${refused.message} It is ${until}`, refused.fix, "coordinator's admin");
  if (endsAt.getTime() - now.getTime() < WARN_BEFORE_MS)
    return warn(
      'CERTIFICATE_ENDS',
      until,
      'Let the agent run: it renews the certificate by itself when it reaches the coordinator.',
      'site IT',
    );
  return ok(`accepted in ${roundTripMs} ms, ${until}`);
}

async function clock({ state }: Setup, answer: () => Promise<Answer>): Promise<Found> {
  if (findMembership(state) === undefined) return notRun('this site has not joined yet: nobody to compare with');
  const { aheadSeconds } = await answer();
  if (aheadSeconds === undefined) return notRun('the coordinator said no time');
  const off = Math.abs(aheadSeconds);
  const evidence =
    off <= 1
      ? "within a second of the coordinator's"
      : `${Math.round(off)} s ${aheadSeconds > 0 ? 'behind' : 'ahead of'} the coordinator's`;
  const fix = 'Let this machine follow a time server (timedatectl status; chronyc tracking).';
  if (off > WRONG_S) return fail('CLOCK_SKEW', evidence, fix, 'site IT');
  return off > UNUSUAL_S ? warn('CLOCK_SKEW', evidence, fix, 'site IT') : ok(evidence);
}

/** The one question that is sent: which rosters are new. It stands in the egress record like any other. */
async function askRoster({ state, coordinator, keys }: Setup): Promise<Answer> {
  const connection = connect(state, await keys(), { coordinator });
  const began = Date.now();
  try {
    return await new Promise<Answer>((resolve) => {
      let date: number | undefined;
      const call = connection.roster.get(
        { fromEpoch: newestRoster(state)?.epoch },
        new Metadata(),
        { deadline: began + PATIENCE_MS },
        (error) => {
          const roundTripMs = Date.now() - began;
          const known = date === undefined || Number.isNaN(date) ? undefined : date;
          // The second that HTTP cut off is in the middle of itself.
          const aheadSeconds = known === undefined ? undefined : (known + 500 - (began + roundTripMs / 2)) / 1000;
          resolve({ refused: error === null ? undefined : fromGrpcError(error), aheadSeconds, roundTripMs });
        },
      );
      call.on('metadata', (metadata: Metadata) => (date = Date.parse(String(metadata.get('date')[0] ?? ''))));
    });
  } finally {
    connection.close();
  }
}
