import { ConsortiumName, CoordinatorAddress } from '@consilium/identity';
import { Duration } from '@consilium/protocol';
import { z } from 'zod';
import { DEFAULT_HTTP_PORT, DEFAULT_STATE } from './defaults.js';
import { ProviderFile, type ProviderConfig } from '../access/oidc/provider-config.js';
import { NoticesConfig } from './notices-config.js';

/** 0: any free port. */
const port = z.int().min(0).max(65_535);
const host = z.string().min(1).max(253);

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
  http: z
    .strictObject({
      host: host.default('127.0.0.1'),
      port: port.default(DEFAULT_HTTP_PORT),
      /** `https://…` as people reach it, through the proxy in front; it goes into one-time links, and sign-in comes back to it. */
      publicUrl: z
        .url({ protocol: /^https?$/ })
        .transform((text) => text.replace(/\/+$/, ''))
        .optional(),
      /** Addresses of the proxies in front: what they say of where a request comes from counts. */
      trustedProxies: z.array(z.string().min(1).max(60)).optional(),
    })
    .prefault({}),
  /** How long people stay signed in. */
  sessions: z.strictObject({ idle: Duration.default('1h'), life: Duration.default('12h') }).optional(),
  /** Where people sign in, beside accounts of this coordinator's own. */
  oidc: ProviderFile.optional(),
  notices: NoticesConfig.prefault({}),
  /** Mode 0600: a PostgreSQL connection URL. Without it (and without DATABASE_URL) the coordinator starts its own. */
  databaseUrlFile: z.string().min(1).optional(),
});
export type CoordinatorFile = z.infer<typeof CoordinatorFile>;

/** The configuration as the coordinator runs with it. `state` is absolute. */
export interface CoordinatorConfig extends Omit<CoordinatorFile, 'databaseUrlFile' | 'oidc'> {
  /** With a password: never to be logged. */
  readonly databaseUrl: string | undefined;
  /** With a secret: never to be logged. */
  readonly oidc?: ProviderConfig | undefined;
}
