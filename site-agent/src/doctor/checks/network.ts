import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { CoordinatorAddress, fetchAuthenticatedCa, spkiSha256 } from '@consilium/identity';
import { ConsiliumError } from '@consilium/protocol';
import { fail, notRun, ok, type Check, type Found } from '../finding.js';

/** Below the limit of a check, so that its own words are said and not the limit's. */
const PATIENCE_MS = 12_000;

/** Whom the network checks look for, and whom they believe. */
export interface NetworkTarget {
  /** host:port */
  readonly coordinator: string;
  /** SHA-256 of the keys of the CAs that count, newest first; none before the site has joined or been given a token. */
  readonly pinned: readonly string[];
}

/** Name, connection and issuer of the coordinator. Nothing is sent but TLS's own handshake. */
export function networkChecks(target: NetworkTarget): readonly Check[] {
  const { host, port } = CoordinatorAddress.parse(target.coordinator);
  return [
    { name: 'dns', group: 'network', look: () => dns(host) },
    { name: 'connect', group: 'network', needs: ['dns'], look: () => tcp(host, port, target.coordinator) },
    { name: 'tls', group: 'network', needs: ['connect'], look: () => tls(host, port, target) },
  ];
}

async function dns(host: string): Promise<Found> {
  if (isIP(host) !== 0) return ok(`${host} is an address, no name to look up`);
  try {
    const found = await lookup(host, { all: true });
    return ok(`${host} is ${found.map(({ address }) => address).join(', ')}`);
  } catch {
    return fail(
      'DNS',
      `the name ${host} is not known here`,
      `Make ${host} known to this machine's DNS, or correct "coordinator" in site.yaml.`,
      'network team',
    );
  }
}

async function tcp(host: string, port: number, address: string): Promise<Found> {
  const began = performance.now();
  try {
    await dial(host, port);
    return ok(`${address} answers in ${Math.ceil(performance.now() - began)} ms`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ECONNREFUSED')
      return fail(
        'TCP_REFUSED',
        `${address} refuses the connection`,
        `Ask whether the coordinator runs and listens on port ${port}; a firewall may refuse as well.`,
        "coordinator's admin",
      );
    return fail(
      'TCP_BLOCKED',
      code === '' ? `${address} does not answer within ${PATIENCE_MS / 1000} s` : `${address} cannot be reached (${code})`,
      `Ask the network team: "Allow outbound TCP from this host to ${address}; no inbound port is needed."`,
      'network team',
    );
  }
}

function dial(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host, port });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('silent')));
    socket.once('connect', () => {
      socket.end();
      resolve();
    });
    socket.once('error', reject);
  });
}

async function tls(host: string, port: number, { coordinator, pinned }: NetworkTarget): Promise<Found> {
  if (pinned.length === 0)
    return notRun('this site has not joined and no token was given (--token-file F): nobody says which root is right');
  let wrong: unknown;
  for (const caSpkiSha256 of pinned) {
    try {
      await fetchAuthenticatedCa({ host, port, caSpkiSha256, timeoutMs: PATIENCE_MS / pinned.length });
      return ok(`TLS 1.3, issued by the consortium's root ${caSpkiSha256.slice(0, 8)}…`);
    } catch (error) {
      wrong = error;
    }
  }
  if (!(wrong instanceof ConsiliumError)) throw wrong;
  if (wrong.code === 'CA_MISMATCH')
    return fail(
      'TLS_ISSUER',
      `${wrong.message} The consortium's root is ${pinned[0]?.slice(0, 8)}…; a device between here and the coordinator that opens the encryption cannot pass mutual TLS, whatever CA is trusted`,
      `Ask the network team: "Exempt ${coordinator} from TLS inspection for this host."`,
      'network team',
    );
  if (wrong.code === 'COORDINATOR_CERTIFICATE') return fail('TLS_CERTIFICATE', wrong.message, wrong.fix, "coordinator's admin");
  return fail('TLS_HANDSHAKE', wrong.message, wrong.fix, 'network team');
}

/** The CAs of a membership: while one replaces another there are two. */
export function pinnedRoots(caPem: string): readonly string[] {
  const certificates = caPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return certificates.map((certificate) => spkiSha256(certificate));
}
