import type { ServerDuplexStream } from '@grpc/grpc-js';
import { ConsiliumError, parseRefusal, PRODUCT_VERSION, PROTOCOL_VERSION, StudyHash, type SiteName } from '@consilium/protocol';
import {
  RefusalKind,
  type Hello,
  type Readiness,
  type OpenRequest,
  type OpenResponse,
  type Refusal,
  type SessionServiceServer,
} from '@consilium/protocol/wire';
import { toGrpcError } from '@consilium/protocol/wire';
import type { Tightenings } from '../budgets/tightenings.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { isMember } from '../rounds/study-runner.js';
import { failCall, type CallContext } from './handlers.js';
import { readHello, type CheckedHello } from './read-hello.js';
import { whileMember } from './open-streams.js';
import { Recalls } from './recalls.js';
import type { SessionHub, SiteSession } from './session-hub.js';
import { WitnessRelay } from './witness-relay.js';

export const HEARTBEAT_SECONDS = 5;
/** A session that says nothing for this long is over. */
const SILENCE_MS = 3 * HEARTBEAT_SECONDS * 1_000;

export interface SessionServiceOptions {
  readonly context: CallContext;
  readonly hub: SessionHub;
  readonly engine: StudyEngine;
  readonly consortium: string;
  readonly rosterEpoch: () => Promise<number>;
  /** SHA-256 of the public key of the CA that signs certificates now. */
  readonly caSha256: () => Buffer;
  readonly seen: (site: SiteName, hello: CheckedHello | undefined) => Promise<void>;
  readonly refused: (code: string) => void;
  /** What officers of the consortium ask of the sites' budgets. */
  readonly tightenings: Pick<Tightenings, 'opened' | 'take'>;
}

/** More than these no study has at one site. */
const MOST_OBSTACLES = 32;

type Call = ServerDuplexStream<OpenRequest, OpenResponse>;

/** One stream per site: assignments out; heartbeats, steps and refusals in. */
export function sessionService(options: SessionServiceOptions): SessionServiceServer {
  const { hub, engine } = options;
  const recalls = new Recalls({
    membersOf: (study) => engine.states().find(({ hash }) => hash === study)?.study.sites.names ?? [],
    send: (site, message) => void hub.send(site, message),
  });
  const relay = new WitnessRelay((site, message) => hub.send(site, message));
  return {
    open: (call) => {
      whileMember(call, options.context, (site) => serve(call, site, options, recalls, relay)).then(
        () => call.end(),
        (error: unknown) => failCall(call, toGrpcError(error)),
      );
    },
  };
}

function checkVersion({ protocolVersion }: Hello): void {
  if (protocolVersion === PROTOCOL_VERSION) return;
  throw new ConsiliumError({
    code: 'VERSION_TOO_OLD',
    errorClass: 'refused',
    message: `The agent speaks protocol version ${protocolVersion}; this coordinator speaks ${PROTOCOL_VERSION}.`,
    fix:
      protocolVersion < PROTOCOL_VERSION ? 'Update consilium-site at the site.' : "Ask the coordinator's admin to update the coordinator.",
  });
}

async function serve(call: Call, site: SiteName, options: SessionServiceOptions, recalls: Recalls, relay: WitnessRelay): Promise<void> {
  const { hub, engine } = options;
  let session: SiteSession | undefined;
  const over = (): void => {
    if (session) hub.closed(site, session);
  };
  const silence = setTimeout(() => {
    over();
    call.end();
  }, SILENCE_MS);
  const beat = setInterval(
    () => session?.send({ body: { $case: 'heartbeat', value: { nowMs: BigInt(Date.now()) } } }),
    HEARTBEAT_SECONDS * 1_000,
  );
  call.once('cancelled', over);
  try {
    // Reading ends with the stream; a cancelled stream ends it too. A refusal still has to be sent, so leaving the loop
    // must not destroy the stream.
    for await (const message of call.iterator({ destroyOnReturn: false }) as AsyncIterable<OpenRequest>) {
      if (call.cancelled) return;
      silence.refresh();
      const { body } = message;
      if (body?.$case === 'hello') {
        if (body.value.protocolVersion < PROTOCOL_VERSION)
          hub.turnedAway(site, { have: body.value.protocolVersion, need: PROTOCOL_VERSION, at: Date.now() });
        checkVersion(body.value);
        await options.seen(site, readHello(body.value));
        session = welcome(call, options, await options.rosterEpoch());
        hub.open(site, session);
        recalls.opened(site);
        await options.tightenings.opened(site);
      } else if (session === undefined) {
        throw new ConsiliumError({
          code: 'HELLO_FIRST',
          errorClass: 'usage',
          message: 'A session begins with hello.',
          fix: 'Update consilium-site.',
        });
      } else if (body?.$case === 'step') {
        hub.reportStep(site, { ...body.value, since: Date.now() });
      } else if (body?.$case === 'recall') {
        recalls.ask(site, body.value);
      } else if (body?.$case === 'recollection') {
        recalls.answer(site, body.value);
      } else if (body?.$case === 'witnessQuestion') {
        relay.ask(site, body.value);
      } else if (body?.$case === 'witnessAnswer') {
        relay.answer(site, body.value);
      } else if (body?.$case === 'tighteningAnswer') {
        await options.tightenings.take(site, body.value);
      } else if (body?.$case === 'readiness') {
        takeReadiness(site, body.value, options);
      } else if (body?.$case === 'refusal') {
        await takeRefusal(site, body.value, engine, options.refused);
      } else {
        await options.seen(site, undefined);
      }
    }
  } finally {
    clearTimeout(silence);
    clearInterval(beat);
    over();
  }
}

function welcome(call: Call, options: SessionServiceOptions, rosterEpoch: number): SiteSession {
  const session: SiteSession = {
    // A site that does not read is cut off by its own silence; assignments are small and few.
    send: (message) => {
      if (call.writable) call.write(message);
    },
    close: () => call.end(),
  };
  session.send({
    body: {
      $case: 'welcome',
      value: {
        consortium: options.consortium,
        coordinatorVersion: PRODUCT_VERSION,
        protocolVersion: PROTOCOL_VERSION,
        rosterEpoch,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        caSha256: options.caSha256(),
      },
    },
  });
  return session;
}

/** Kept for people to see; what a study does is decided by its events alone. */
function takeReadiness(site: SiteName, { study, obstacles }: Readiness, { engine, hub }: SessionServiceOptions): void {
  const named = engine.states().find(({ hash }) => hash === study);
  if (!named || !isMember(named, site)) return;
  const told = obstacles.slice(0, MOST_OBSTACLES).map(({ code, fields }) => parseRefusal(code, fields));
  hub.reportObstacles(site, named.hash, told, Date.now());
}

async function takeRefusal(site: SiteName, refusal: Refusal, engine: StudyEngine, count: (code: string) => void): Promise<void> {
  const { code, fields } = parseRefusal(refusal.code, refusal.fields);
  const incident = /^[0-9A-Z]{1,12}$/.test(refusal.incident) ? refusal.incident : '';
  await engine.submit(StudyHash.parse(refusal.study), (state) => {
    if (!isMember(state, site)) return undefined;
    const known = state.refusals.get(site);
    if (known?.code === code && known.round === refusal.round && known.incident === incident) return undefined;
    count(code);
    return {
      type: 'refused',
      site,
      round: refusal.round,
      attempt: refusal.attempt,
      code,
      fields,
      incident,
      decision: refusal.kind === RefusalKind.REFUSAL_KIND_REFUSED ? 'refused' : 'failed',
      ...(refusal.block === undefined ? {} : { block: refusal.block }),
    };
  });
}
