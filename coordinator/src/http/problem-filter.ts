import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from 'pino';
import { TryLater } from '../access/index.js';
import { problemDetails, toConsiliumError } from './problem.js';
import { traceIdOf, type TracedRequest } from './trace-id.js';

interface Response {
  readonly headersSent: boolean;
  status(code: number): Response;
  setHeader(name: string, value: string): Response;
  end(body?: string): void;
}

/** The one place where an error becomes an HTTP answer. The cause stays in the log, under the trace id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const traceId = traceIdOf(http.getRequest<TracedRequest>());
    const error = toConsiliumError(thrown);
    const problem = problemDetails(error, traceId);
    const fields = { code: error.code, trace_id: traceId };
    if (error.errorClass === 'failed') this.log.error({ ...fields, err: error.cause ?? error }, 'a request failed');
    else this.log.info(fields, 'a request was refused');
    const response = http.getResponse<Response>();
    if (response.headersSent) return response.end();
    if (error instanceof TryLater) response.setHeader('Retry-After', String(error.retryAfterSeconds));
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="consilium"');
    response.status(problem.status).setHeader('Content-Type', 'application/problem+json').end(JSON.stringify(problem));
  }
}
