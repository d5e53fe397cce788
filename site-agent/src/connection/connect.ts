import type { SiteKeys } from '@consilium/identity';
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
  type ApprovalServiceClient,
  type EnrolmentServiceClient,
  type LedgerServiceClient,
  type RelayServiceClient,
  type ReleaseServiceClient,
  type RosterServiceClient,
  type RoundServiceClient,
  type SessionServiceClient,
  type TransferServiceClient,
} from '@consilium/protocol/wire';
import { openEgressLog, recordCall } from '../egress/index.js';
import { readMembership, type SiteState } from '../state/index.js';
import { NOBODY, type ConnectionObserver } from './connection-observer.js';
import { coordinatorChannel, type ChannelIdentity } from './coordinator-channel.js';
import { RenewableChannel } from './renewable-channel.js';
import { recordingClient, type Recorder } from './recording-client.js';

/** Every service of the coordinator, over one channel; every message is in the egress record before it leaves. */
export interface Connection {
  /** host:port */
  readonly coordinator: string;
  readonly enrolment: EnrolmentServiceClient;
  readonly roster: RosterServiceClient;
  readonly approval: ApprovalServiceClient;
  readonly session: SessionServiceClient;
  readonly relay: RelayServiceClient;
  readonly round: RoundServiceClient;
  readonly transfer: TransferServiceClient;
  readonly release: ReleaseServiceClient;
  readonly ledger: LedgerServiceClient;
  /** New calls prove themselves with this from now on; those that run go on. @throws ConsiliumError TRANSPORT_IDENTITY */
  renew(identity: ChannelIdentity): void;
  close(): void;
}

export interface ConnectOptions extends ChannelIdentity {
  /** host:port */
  readonly coordinator: string;
  /** For the metrics. */
  readonly observer?: ConnectionObserver | undefined;
}

/** Opens the channel and the record; the first call connects. @throws ConsiliumError TRANSPORT_IDENTITY */
export function openConnection(state: SiteState, options: ConnectOptions): Connection {
  const { coordinator, observer = NOBODY } = options;
  const channel = new RenewableChannel((identity) => coordinatorChannel(coordinator, identity), options);
  const log = openEgressLog(state.layout.egress, { destination: coordinator, onBytes: observer.sent });
  const recorder: Recorder = { record: (path) => recordCall(log, path), observer };
  return {
    coordinator,
    enrolment: recordingClient<EnrolmentServiceClient>(EnrolmentServiceService, channel, recorder),
    roster: recordingClient<RosterServiceClient>(RosterServiceService, channel, recorder),
    approval: recordingClient<ApprovalServiceClient>(ApprovalServiceService, channel, recorder),
    session: recordingClient<SessionServiceClient>(SessionServiceService, channel, recorder),
    relay: recordingClient<RelayServiceClient>(RelayServiceService, channel, recorder),
    round: recordingClient<RoundServiceClient>(RoundServiceService, channel, recorder),
    transfer: recordingClient<TransferServiceClient>(TransferServiceService, channel, recorder),
    release: recordingClient<ReleaseServiceClient>(ReleaseServiceService, channel, recorder),
    ledger: recordingClient<LedgerServiceClient>(LedgerServiceService, channel, recorder),
    renew: (identity) => channel.renew(identity),
    close: () => {
      channel.close();
      log.close();
    },
  };
}

/**
 * The connection of a member: its certificate and the consortium's CA come from the state.
 * @param options - `coordinator`: host:port, where `site.yaml` names another address than the one joined at
 * @throws ConsiliumError NOT_JOINED, TRANSPORT_IDENTITY
 */
export function connect(
  state: SiteState,
  { transportKeyPem }: Pick<SiteKeys, 'transportKeyPem'>,
  options: Pick<ConnectOptions, 'observer'> & { readonly coordinator?: string } = {},
): Connection {
  const { caPem, certificatePem, coordinator } = readMembership(state);
  return openConnection(state, { coordinator, caPem, client: { certificatePem, transportKeyPem }, ...options });
}
