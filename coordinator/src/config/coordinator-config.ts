import { ConsortiumName, CoordinatorAddress } from '@consilium/identity';
import { z } from 'zod';
import { NoticesConfig } from './notices-config.js';

/** 0: any free port. */
const port = z.int().min(0).max(65_535);
const host = z.string().min(1).max(253);

export const DEFAULT_STATE = '/var/lib/consilium-coordinator';
export const DEFAULT_HTTP_PORT = 7480;
const DEFAULT_GRPC_PORT = 7443;

/** `coordinator.yaml`. Secrets stand in files of their own. */
export const CoordinatorFile = z.strictObject({
  consortium: ConsortiumName,
  /** The only writable path: keys, database, spool. */
  state: z.string().min(1).default(DEFAULT_STATE),
  grpc: z
    .strictObject({
      host: host.default('0.0.0.0'),
      port: port.default(DEFAULT_GRPC_PORT),
      /** `host:port` as sites reach it; it goes into join tokens. Default: the first server name and the port. */
      publicAddress: z
        .string()
        .refine((text) => CoordinatorAddress.safeParse(text).success, 'host:port')
        .optional(),
      /** DNS names and IP addresses that the server certificate is for. */
      serverNames: z.array(host).min(1).default(['localhost', '127.0.0.1']),
    })
    .prefault({}),
  http: z.strictObject({ host: host.default('127.0.0.1'), port: port.default(DEFAULT_HTTP_PORT) }).prefault({}),
  notices: NoticesConfig.prefault({}),
  /** Mode 0600: a PostgreSQL connection URL. Without it (and without DATABASE_URL) the coordinator starts its own. */
  databaseUrlFile: z.string().min(1).optional(),
});
export type CoordinatorFile = z.infer<typeof CoordinatorFile>;

/** The configuration as the coordinator runs with it. `state` is absolute. */
export interface CoordinatorConfig extends Omit<CoordinatorFile, 'databaseUrlFile'> {
  /** With a password: never to be logged. */
  readonly databaseUrl: string | undefined;
}
