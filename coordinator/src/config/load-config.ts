import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readSecretFile } from '@consilium/identity';
import { ConsiliumError, parseValue, parseYaml } from '@consilium/protocol';
import { z } from 'zod';
import type { ProviderConfig, ProviderFile } from '../access/oidc/provider-config.js';
import { CoordinatorFile, type CoordinatorConfig } from './coordinator-config.js';

/** What may be said on the command line; it comes before the environment, and that before the file. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly consortium?: string | undefined;
  readonly state?: string | undefined;
  readonly grpcHost?: string | undefined;
  readonly grpcPort?: string | undefined;
  readonly publicAddress?: string | undefined;
  readonly serverName?: readonly string[] | undefined;
  readonly httpHost?: string | undefined;
  readonly httpPort?: string | undefined;
}

/** The file's own form is checked once it is merged; here only that its groups can be merged. */
const Mergeable = z.looseObject({ grpc: z.looseObject({}).optional(), http: z.looseObject({}).optional() });

/**
 * Puts the configuration together: flags, then environment (`CONSILIUM_STATE`, `DATABASE_URL`), then the file.
 * @throws ConsiliumError CONFIG_MISSING, INVALID_FILE with every problem and the nearest known name, KEY_FILE_MODE
 */
export async function loadConfig(flags: ConfigFlags, environment: NodeJS.ProcessEnv): Promise<CoordinatorConfig> {
  const what = flags.config === undefined ? 'configuration' : `configuration ${flags.config}`;
  const file = flags.config === undefined ? {} : parseYaml(await readConfig(flags.config), Mergeable, what);
  const said = {
    ...file,
    ...given({ consortium: flags.consortium, state: flags.state ?? environment['CONSILIUM_STATE'] }),
    grpc: {
      ...file.grpc,
      ...given({ host: flags.grpcHost, port: number(flags.grpcPort), publicAddress: flags.publicAddress, serverNames: flags.serverName }),
    },
    http: { ...file.http, ...given({ host: flags.httpHost, port: number(flags.httpPort) }) },
  };
  const { databaseUrlFile, state, oidc, ...rest } = parseValue(said, CoordinatorFile, what);
  // Read when it is needed; here only so that a file which others can read is refused before anything starts.
  if (rest.notices.smtp?.passwordFile !== undefined) await readSecretFile(rest.notices.smtp.passwordFile);
  const databaseUrl = environment['DATABASE_URL'] ?? (databaseUrlFile && (await readSecretFile(databaseUrlFile)).toString('utf8').trim());
  return {
    ...rest,
    oidc: oidc && (await withSecret(oidc)),
    state: resolve(state),
    databaseUrl: databaseUrl === '' ? undefined : databaseUrl,
  };
}

async function withSecret({ clientSecretFile, ...oidc }: ProviderFile): Promise<ProviderConfig> {
  const clientSecret = clientSecretFile && (await readSecretFile(clientSecretFile)).toString('utf8').trim();
  return { ...oidc, clientSecret };
}

async function readConfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConsiliumError({
      code: 'CONFIG_MISSING',
      errorClass: 'usage',
      message: `The configuration ${path} cannot be read.`,
      fix: 'Check the path given with --config.',
      cause,
    });
  });
}

/** Left as text where it is no number, so that the schema names the field. */
function number(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
