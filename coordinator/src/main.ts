#!/usr/bin/env node
import 'reflect-metadata';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { Command, CommanderError } from 'commander';
import { ConsiliumError, PRODUCT_VERSION } from '@consilium/protocol';
import { loadConfig, type ConfigFlags } from './config/index.js';

import { startCoordinator } from './start-coordinator.js';
import { STUDY_PARTS } from './study-parts.js';
import { createLog } from './telemetry/index.js';

/** A clean end takes less; what hangs beyond this is cut, and the next start goes on from the record. */
const STOP_LIMIT_MS = 25_000;

const program = new Command('consilium-coordinator')
  .description('Relays and adds what it cannot read.')
  .version(PRODUCT_VERSION)
  .option('--config <file>', 'coordinator.yaml')
  .option('--consortium <name>', 'name of the consortium')
  .option('--state <directory>', 'keys, database and spool (environment: CONSILIUM_STATE)')
  .option('--grpc-host <host>', 'where sites connect to')
  .option('--grpc-port <port>', '0: any free port')
  .option('--public-address <host:port>', 'the address that sites use; it goes into join tokens')
  .option('--server-name <name...>', 'DNS names and IP addresses of the server certificate')
  .option('--http-host <host>', 'where the API listens; other addresses than 127.0.0.1 need TLS in front')
  .option('--http-port <port>', '0: any free port')
  .exitOverride();

// What it would print on stderr is said by our own sentences.
setLogVerbosity(logVerbosity.NONE);

const log = createLog(process.env['CONSILIUM_LOG']);

/** Ends the process at once; what was stored is all that counts. */
function abort(message: string, error: unknown): never {
  log.fatal({ err: error }, message);
  process.exit(1);
}

process.on('uncaughtException', (error) => abort('an error that nobody caught', error));
process.on('unhandledRejection', (error) => abort('a rejection that nobody caught', error));

async function main(): Promise<void> {
  const flags: ConfigFlags = program.parse().opts();
  const config = await loadConfig(flags, process.env);
  const onLost = () => abort('the connection that holds the database for this coordinator is gone', undefined);
  // A signal that comes while the coordinator is still starting is acted on as soon as it has started.
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve);
  });
  const coordinator = await startCoordinator({ config, log, parts: STUDY_PARTS, onLost });
  if (coordinator.setupLink !== undefined)
    process.stderr.write(
      `Nobody has an account yet. The first admin opens this address within 24 hours; it works once:\n  ${coordinator.setupLink}\n`,
    );
  log.info({ signal: await asked }, 'the coordinator is asked to end');
  setTimeout(() => abort('the coordinator did not end in time', undefined), STOP_LIMIT_MS).unref();
  await coordinator.stop();
  log.info('the coordinator has ended');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    if (!(error instanceof ConsiliumError)) abort('the coordinator could not start', error);
    process.stderr.write(
      `${error.message}\n${error.problems.map(({ path, detail, fix }) => `  ${path}: ${detail}${fix ? ` ${fix}` : ''}\n`).join('')}${error.fix}\n`,
    );
    log.fatal({ code: error.code, err: error.cause ?? error }, 'the coordinator could not start');
    process.exit(error.exitCode);
  },
);
