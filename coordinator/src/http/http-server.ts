import { NestFactory } from '@nestjs/core';
import type { DynamicModule } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { AccessGuard, changesNothing, OwnSites, securityHeaders, type Access } from '../access/index.js';
import { AuditChanges } from '../audit/index.js';
import { listenError } from '../config/index.js';
import type { Metrics } from '../telemetry/metrics.js';
import { NestLog } from '../telemetry/nest-log.js';
import type { Database } from '../storage/index.js';
import { conditionalRequests } from './conditional-requests.js';
import { consoleFiles, consoleFolder } from './console-files.js';
import { Idempotency } from './idempotency.js';
import { measureRequests } from './measure-requests.js';
import { ApiDescription, openApiDocument } from './open-api.js';
import { toConsiliumError } from './problem.js';
import { ProblemFilter } from './problem-filter.js';
import { DATABASE } from './tokens.js';
import { traceIdOf } from './trace-id.js';
import { validateRequests } from './validate-requests.js';

export interface HttpParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly access: Access;
  /** Proxies in front, whose word on where a request comes from counts. */
  readonly trustedProxies?: readonly string[] | undefined;
}

const LARGEST_BODY = '1100kb';

/** The Nest application: every route checked, guarded and measured, and described at `/api/v1/openapi.json`. */
export async function createHttpApp(
  module: DynamicModule,
  { log, metrics, access, trustedProxies = [] }: HttpParts,
): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: new NestLog(log),
    forceCloseConnections: true,
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  if (trustedProxies.length > 0) app.set('trust proxy', [...trustedProxies]);
  app.use(measureRequests(metrics));
  app.use(securityHeaders(access.tls));
  app.use(conditionalRequests);
  app.use(consoleFiles(consoleFolder()));
  app.useBodyParser('json', { limit: LARGEST_BODY, strict: true });
  app.useGlobalPipes(validateRequests);
  app.useGlobalFilters(new ProblemFilter(log));
  app.useGlobalGuards(new AccessGuard(access.authenticator, access.limits));
  const audit = new AuditChanges({ log: access.audit, requestId: traceIdOf, harmless: changesNothing, toError: toConsiliumError });
  // From the outside in: an answer that is replayed changes nothing and has its entry; what is kept of one is cut already.
  app.useGlobalInterceptors(new Idempotency(app.get<Database>(DATABASE)), audit, new OwnSites());
  app.get(ApiDescription).document = openApiDocument(app);
  return app;
}

/** @returns the port, also where 0 asked for any. @throws ConsiliumError PORT_IN_USE, ADDRESS_UNAVAILABLE */
export async function listenHttp(app: NestExpressApplication, host: string, port: number): Promise<number> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw listenError(error, 'HTTP', host, port);
  }
  const address = app.getHttpServer().address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
