import { Server, type ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import {
  ApprovalServiceService,
  EnrolmentServiceService,
  LedgerServiceService,
  RelayServiceService,
  ReleaseServiceService,
  RosterServiceService,
  RoundServiceService,
  SessionServiceService,
  TransferServiceService,
  type ApprovalServiceServer,
  type EnrolmentServiceServer,
  type LedgerServiceServer,
  type RelayServiceServer,
  type ReleaseServiceServer,
  type RosterServiceServer,
  type RoundServiceServer,
  type SessionServiceServer,
  type TransferServiceServer,
} from '@consilium/protocol/wire';
import { listenError } from '../config/index.js';
import { readPeerCertificatesOnce } from './peer-certificates.js';
import { raiseReceiveWindows } from './receive-window.js';
import { renewServerCredentials, serverCredentials, type ServerIdentity } from './server-credentials.js';

export interface Services {
  readonly enrolment: EnrolmentServiceServer;
  readonly roster: RosterServiceServer;
  readonly approval: ApprovalServiceServer;
  readonly session: SessionServiceServer;
  readonly round: RoundServiceServer;
  readonly relay: RelayServiceServer;
  readonly transfer: TransferServiceServer;
  readonly release: ReleaseServiceServer;
  readonly ledger: LedgerServiceServer;
}

/** Messages are at most 1 MiB of payload; anything larger is refused before it is held in memory. */
const OPTIONS: ServerOptions = {
  'grpc.max_receive_message_length': 4 * 2 ** 20,
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // Statistics of every call for a debugging service that is not offered here.
  'grpc.enable_channelz': 0,
};

/** Open calls get this long to end before they are cut. */
const DRAIN_MS = 5_000;

/** The data plane: a plain grpc-js server, because a transport that buffers without limit is no transport for updates. */
export class GrpcServer {
  readonly #server = new Server(OPTIONS);
  #credentials: ServerCredentials | undefined;

  constructor(services: Services) {
    this.#server.addService(EnrolmentServiceService, services.enrolment);
    this.#server.addService(RosterServiceService, services.roster);
    this.#server.addService(ApprovalServiceService, services.approval);
    this.#server.addService(SessionServiceService, services.session);
    this.#server.addService(RoundServiceService, services.round);
    this.#server.addService(RelayServiceService, services.relay);
    this.#server.addService(TransferServiceService, services.transfer);
    this.#server.addService(ReleaseServiceService, services.release);
    this.#server.addService(LedgerServiceService, services.ledger);
  }

  /**
   * @returns the port, also where 0 asked for any
   * @throws ConsiliumError PORT_IN_USE, ADDRESS_UNAVAILABLE
   */
  async listen(host: string, port: number, identity: ServerIdentity): Promise<number> {
    const credentials = serverCredentials(identity);
    this.#credentials = credentials;
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`${host.includes(':') ? `[${host}]` : host}:${port}`, credentials, (error, given) => {
        if (error) reject(listenError(error, 'gRPC', host, port) as Error);
        else resolve(given);
      });
    });
    raiseReceiveWindows(this.#server);
    readPeerCertificatesOnce(this.#server);
    return bound;
  }

  /** What the next handshake presents and accepts; open connections stay as they are. */
  present(identity: ServerIdentity): void {
    if (this.#credentials) renewServerCredentials(this.#credentials, identity);
  }

  /** Lets open calls end, within a limit. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const cut = setTimeout(() => this.#server.forceShutdown(), DRAIN_MS);
      this.#server.tryShutdown(() => {
        clearTimeout(cut);
        resolve();
      });
      // A forced shutdown need not call back.
      setTimeout(resolve, DRAIN_MS + 500).unref();
    });
  }
}
