/** The generated gRPC messages, clients and service definitions of `proto/consilium/v1`. */
export * from './gen/consilium/v1/approval.js';
export * from './gen/consilium/v1/enrolment.js';
export * from './gen/consilium/v1/ledger.js';
export * from './gen/consilium/v1/refusal.js';
export * from './gen/consilium/v1/relay.js';
export * from './gen/consilium/v1/release.js';
export * from './gen/consilium/v1/roster.js';
export * from './gen/consilium/v1/round.js';
export * from './gen/consilium/v1/session.js';
export * from './gen/consilium/v1/transfer.js';
export * from './grpc-errors.js';
// In place of the generated definition of the same name.
export { TransferServiceService } from './bulk-codec.js';
export * from './paced-writer.js';
