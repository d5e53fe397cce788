import { ConsiliumError, PROTOCOL_VERSION } from '@consilium/protocol';
import {
  fromGrpcError,
  type Assignment,
  type Hello,
  type OpenRequest,
  type OpenResponse,
  type Recall,
  type Recollection,
  type SessionServiceClient,
  type Tightening,
  type Welcome,
  type WitnessAnswer,
  type WitnessQuestion,
} from '@consilium/protocol/wire';

/** What goes up a session's stream after Hello. */
export type SessionMessage = Exclude<OpenRequest['body'], undefined | { $case: 'hello' }>;
export type SendMessage = (message: SessionMessage) => void;

export interface SessionHandlers {
  /** The coordinator answered; `send` works until the session ends, afterwards it does nothing. */
  readonly onWelcome: (welcome: Welcome, send: SendMessage) => void;
  readonly onAssignment: (assignment: Assignment) => void;
  /** Another site asks what this one holds from it. */
  readonly onRecall: (question: Recall) => void;
  /** An answer to this site's own question. */
  readonly onRecollection: (answer: Recollection) => void;
  /** Another site asks this one as a witness of its ledger. */
  readonly onWitnessQuestion: (question: WitnessQuestion) => void;
  /** A witness of this site's own ledger answers. */
  readonly onWitnessAnswer: (answer: WitnessAnswer) => void;
  /** The consortium's officers tighten the budget of one of this site's populations. */
  readonly onTightening: (request: Tightening) => void;
  /** What time it is there, Unix time in milliseconds. */
  readonly onTime: (now: number) => void;
}

/** How a session ended: whether it ever began, and the reason where there was one. */
export interface SessionEnd {
  readonly welcomed: boolean;
  readonly error: ConsiliumError | undefined;
}

/** A coordinator that accepted the stream but says nothing. */
const WELCOME_LIMIT_MS = 15_000;
/** Heartbeat intervals without a word after which the coordinator counts as dead. */
const SILENT_INTERVALS = 3;

/** Agent and coordinator speak different protocols; either of them may notice. */
export const VERSION_CODE = 'VERSION_TOO_OLD';

const silent = () =>
  new ConsiliumError({
    code: 'COORDINATOR_SILENT',
    errorClass: 'unreachable',
    message: 'The coordinator has stopped answering.',
    fix: 'The agent connects again by itself; check the network if this lasts.',
  });

function versionError(coordinator: number): ConsiliumError {
  return new ConsiliumError({
    code: VERSION_CODE,
    errorClass: 'refused',
    message: `The coordinator speaks version ${coordinator} of the protocol; this agent speaks ${PROTOCOL_VERSION}.`,
    fix: coordinator > PROTOCOL_VERSION ? 'Update consilium-site.' : "Ask the coordinator's admin to update it.",
  });
}

/**
 * One session, from Hello until the stream ends, the coordinator falls silent or `signal` aborts. Never throws:
 * what went wrong is in the result. An error with code VERSION_TOO_OLD will not go away by trying again.
 */
export function holdSession(
  client: Pick<SessionServiceClient, 'open'>,
  hello: Hello,
  handlers: SessionHandlers,
  signal: AbortSignal,
): Promise<SessionEnd> {
  return new Promise((resolve) => {
    const stream = client.open();
    let welcomed = false;
    let over = false;
    let beat: NodeJS.Timeout | undefined;
    let watch: NodeJS.Timeout | undefined;

    const finish = (error?: ConsiliumError) => {
      if (over) return;
      over = true;
      clearInterval(beat);
      clearTimeout(watch);
      signal.removeEventListener('abort', stop);
      stream.cancel();
      resolve({ welcomed, error });
    };
    const stop = () => finish();
    const expectWord = (ms: number) => {
      clearTimeout(watch);
      watch = setTimeout(() => finish(silent()), ms);
    };
    const send: SendMessage = (message) => {
      if (!over) stream.write({ body: message });
    };

    let limit = WELCOME_LIMIT_MS;
    const received = ({ body }: OpenResponse) => {
      if (over) return;
      expectWord(limit);
      if (body?.$case === 'welcome' && !welcomed) {
        if (body.value.protocolVersion !== PROTOCOL_VERSION) return finish(versionError(body.value.protocolVersion));
        welcomed = true;
        const interval = Math.max(1, body.value.heartbeatSeconds) * 1_000;
        limit = SILENT_INTERVALS * interval;
        expectWord(limit);
        beat = setInterval(() => send({ $case: 'heartbeat', value: {} }), interval);
        handlers.onWelcome(body.value, send);
      } else if (body?.$case === 'assignment' && welcomed) {
        handlers.onAssignment(body.value);
      } else if (body?.$case === 'recall' && welcomed) {
        handlers.onRecall(body.value);
      } else if (body?.$case === 'recollection' && welcomed) {
        handlers.onRecollection(body.value);
      } else if (body?.$case === 'witnessQuestion' && welcomed) {
        handlers.onWitnessQuestion(body.value);
      } else if (body?.$case === 'witnessAnswer' && welcomed) {
        handlers.onWitnessAnswer(body.value);
      } else if (body?.$case === 'tightening' && welcomed) {
        handlers.onTightening(body.value);
      } else if (body?.$case === 'heartbeat' && welcomed) {
        if (body.value.nowMs !== undefined) handlers.onTime(Number(body.value.nowMs));
      }
    };

    stream.on('data', received);
    stream.on('error', (error: unknown) => finish(fromGrpcError(error)));
    stream.on('end', () => finish());
    if (signal.aborted) return finish();
    signal.addEventListener('abort', stop);
    expectWord(limit);
    stream.write({ body: { $case: 'hello', value: hello } });
  });
}
