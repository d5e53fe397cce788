import { Client, credentials, type Channel, type ServiceDefinition } from '@grpc/grpc-js';
import type { CallRecord } from '../egress/index.js';

/** Emits `status` once, when the call is over. */
interface Ending {
  on(event: 'status', listener: () => void): unknown;
}

/**
 * A client of one service whose every message is recorded before it is serialized onto the wire. It is built from
 * the service's definition, so a method that is not recorded does not exist on it.
 * @param record - the record of a new call to a path
 */
export function recordingClient<C extends Client>(
  definition: ServiceDefinition,
  channel: Channel,
  record: (path: string) => CallRecord,
): C {
  const client = new Client(channel.getTarget(), credentials.createInsecure(), { channelOverride: channel });
  for (const [name, method] of Object.entries(definition)) {
    const make = method.requestStream
      ? method.responseStream
        ? client.makeBidiStreamRequest
        : client.makeClientStreamRequest
      : method.responseStream
        ? client.makeServerStreamRequest
        : client.makeUnaryRequest;
    Object.defineProperty(client, name, {
      value: (...args: unknown[]) => {
        const recorded = record(method.path);
        const serialize = (message: unknown) => {
          const bytes = method.requestSerialize(message);
          recorded.message(message, bytes.length);
          return bytes;
        };
        const call = Reflect.apply(make, client, [method.path, serialize, method.responseDeserialize, ...args]) as Ending;
        call.on('status', () => endQuietly(recorded));
        return call;
      },
    });
  }
  return client as C;
}

/** A disk that is full by now leaves the upload's bound in the record, which is more than what was sent. */
function endQuietly(recorded: CallRecord): void {
  try {
    recorded.end();
  } catch {
    // The next message of any call fails before it is sent, with the reason.
  }
}
