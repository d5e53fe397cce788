import type { Metrics } from '../telemetry/metrics.js';

interface Request {
  readonly method: string;
  /** Set by Express once a route was found. */
  readonly route?: { readonly path?: unknown };
}

interface Response {
  readonly statusCode: number;
  once(event: 'finish', listener: () => void): void;
}

/** Times every request by its route's pattern: never by its path, which may hold a name. */
export function measureRequests(metrics: Metrics) {
  return (request: Request, response: Response, next: () => void): void => {
    const end = metrics.httpDuration.startTimer();
    response.once('finish', () => {
      const path = request.route?.path;
      end({ route: typeof path === 'string' ? path : 'none', method: request.method, code: String(response.statusCode) });
    });
    next();
  };
}
