import { NestFactory } from '@nestjs/core';
import type { DynamicModule } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { AdminGuard, type AdminToken } from '../access/index.js';
import { listenError } from '../config/index.js';
import type { Metrics } from '../telemetry/metrics.js';
import { NestLog } from '../telemetry/nest-log.js';
import type { Database } from '../storage/index.js';
import { conditionalRequests } from './conditional-requests.js';
import { Idempotency } from './idempotency.js';
import { measureRequests } from './measure-requests.js';
import { ApiDescription, openApiDocument } from './open-api.js';
import { ProblemFilter } from './problem-filter.js';
import { DATABASE } from './tokens.js';
import { validateRequests } from './validate-requests.js';

export interface HttpParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly adminToken: AdminToken;
}

const LARGEST_BODY = '1100kb';

/** The Nest application: every route checked, guarded and measured, and described at `/api/v1/openapi.json`. */
export async function createHttpApp(module: DynamicModule, { log, metrics, adminToken }: HttpParts): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: new NestLog(log),
    forceCloseConnections: true,
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  app.use(measureRequests(metrics));
  app.use(conditionalRequests);
  app.useBodyParser('json', { limit: LARGEST_BODY, strict: true });
  app.useGlobalPipes(validateRequests);
  app.useGlobalFilters(new ProblemFilter(log));
  app.useGlobalInterceptors(new Idempotency(app.get<Database>(DATABASE)));
  app.useGlobalGuards(new AdminGuard(adminToken));
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
