import { Client, credentials, status, type Channel, type ServiceDefinition, type StatusObject } from '@grpc/grpc-js';
import { FRAME_BYTES, type CallRecord } from '../egress/index.js';
import type { ConnectionObserver } from './connection-observer.js';

/** What every kind of call emits: `metadata` when the answer begins, `status` once, when it is over. */
interface RunningCall {
  on(event: 'metadata', listener: () => void): unknown;
  on(event: 'status', listener: (end: StatusObject) => void): unknown;
}

export interface Recorder {
  /** The record of a new call to a path. */
  readonly record: (path: string) => CallRecord;
  readonly observer: ConnectionObserver;
}

/**
 * A client of one service whose every message is recorded before it is handed to the wire. It is built from the
 * service's definition, so a method that is not recorded does not exist on it.
 */
export function recordingClient<C extends Client>(
  definition: ServiceDefinition,
  channel: { readonly current: Channel },
  { record, observer }: Recorder,
): C {
  let client = over(channel.current);
  // What is handed on stays the same; each call takes the channel of its moment.
  const handed = client;
  const current = () => (client.getChannel() === channel.current ? client : (client = over(channel.current)));
  for (const [name, method] of Object.entries(definition)) {
    const { path } = method;
    const make = method.requestStream
      ? method.responseStream
        ? client.makeBidiStreamRequest
        : client.makeClientStreamRequest
      : method.responseStream
        ? client.makeServerStreamRequest
        : client.makeUnaryRequest;
    const deserialize = (bytes: Buffer): unknown => {
      observer.received(path, bytes.length + FRAME_BYTES);
      return method.responseDeserialize(bytes);
    };
    Object.defineProperty(handed, name, {
      value: (...args: unknown[]) => {
        const recorded = record(path);
        const serialize = (message: unknown) => {
          const bytes = method.requestSerialize(message);
          recorded.message(message, bytes.length);
          observer.message(path, message);
          return bytes;
        };
        const call = Reflect.apply(make, current(), [path, serialize, deserialize, ...args]) as RunningCall;
        call.on('metadata', () => observer.opened(path));
        call.on('status', ({ code }) => {
          observer.ended(path, status[code]);
          endQuietly(recorded);
        });
        return call;
      },
    });
  }
  return handed as C;
}

function over(channel: Channel): Client {
  return new Client(channel.getTarget(), credentials.createInsecure(), { channelOverride: channel });
}

/** A disk that is full by now leaves the upload's bound in the record, which is more than what was sent. */
function endQuietly(recorded: CallRecord): void {
  try {
    recorded.end();
  } catch {
    // The next message of any call fails before it is sent, with the reason.
  }
}
