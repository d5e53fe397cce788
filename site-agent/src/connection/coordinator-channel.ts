import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import { Channel, credentials, type ChannelOptions } from '@grpc/grpc-js';
import { CoordinatorAddress } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { limitHandshake } from './handshake-limit.js';

const MIB = 1024 * 1024;

const OPTIONS: ChannelOptions = {
  // The agent speaks to the coordinator only, whatever the environment says.
  'grpc.enable_http_proxy': 0,
  // A message that is sent twice would be recorded once.
  'grpc.enable_retries': 0,
  // A dead line is noticed within 30 s while a call is open, and no ping is sent while none is. Told once that these are
  // too many, grpc-js doubles the time, and it is still noticed within a minute.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 0,
  // Waits between calls are the agent's own (`retryDelays`); a coordinator that restarts must be found at once.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // Downloads fill a line of 1 Gbit/s at 250 ms.
  'grpc-node.flow_control_window': 32 * MIB,
  'grpc.max_receive_message_length': 16 * MIB,
};

/** What a site proves itself with, and whom it believes. */
export interface ChannelIdentity {
  /** The only CA that is trusted: neither the system's nor NODE_EXTRA_CA_CERTS. */
  readonly caPem: string;
  /** Absent before the site has joined. */
  readonly client?: { readonly certificatePem: string; readonly transportKeyPem: string };
}

/**
 * A TLS 1.3 channel to the coordinator. It connects on its first call, not before.
 * @param coordinator - host:port
 * @throws ConsiliumError TRANSPORT_IDENTITY where key and certificates do not fit together
 */
export function coordinatorChannel(coordinator: string, { caPem, client }: ChannelIdentity): Channel {
  const { host } = CoordinatorAddress.parse(coordinator);
  const context = () =>
    createSecureContext({ ca: caPem, cert: client?.certificatePem, key: client?.transportKeyPem, minVersion: 'TLSv1.3' });
  const secured = limitHandshake(credentials.createFromSecureContext(secure(context), hostCheck(host)));
  return new Channel(`dns:${coordinator}`, secured, {
    ...OPTIONS,
    ...serverName(host),
  });
}

function secure<T>(make: () => T): T {
  try {
    return make();
  } catch {
    // OpenSSL's words may quote the key.
    throw new ConsiliumError({
      code: 'TRANSPORT_IDENTITY',
      errorClass: 'usage',
      message: "The site's transport key and certificate do not fit together.",
      fix: 'Restore the state directory from a backup, or join again.',
    });
  }
}

/** TLS forbids an IP address as server name (RFC 6066, section 3); the certificate is checked against it all the same. */
const serverName = (host: string): ChannelOptions => (isIP(host) === 0 ? {} : { 'grpc.ssl_target_name_override': 'consilium-coordinator' });
const hostCheck = (host: string) =>
  isIP(host) === 0
    ? {}
    : {
        checkServerIdentity: (_name: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
          checkServerIdentity(host, certificate),
      };
