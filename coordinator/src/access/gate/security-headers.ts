import { randomBytes } from 'node:crypto';
import helmet from 'helmet';

type Helmet = ReturnType<typeof helmet>;
type Response = Parameters<Helmet>[1];

/** Where a page that is served finds the nonce of its style elements: `response.locals.cspNonce`. */
export interface WithNonce {
  locals?: Record<string, unknown>;
}

/**
 * What browsers are told with every answer: scripts, styles, workers and connections from here only, no frames, no
 * plug-ins. The console's component library writes style elements at run time; they carry the nonce of the page that
 * was served (`response.locals.cspNonce`), new with every answer. Whatever does not say otherwise is for one person: no cache
 * on the way keeps it, and a browser asks before it shows it again.
 * @param tls - people come over https: browsers are to keep to it
 */
export function securityHeaders(tls: boolean) {
  const headers = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'", (_, response) => `'nonce-${nonceOf(response)}'`],
        styleSrcAttr: ["'none'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        workerSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        ...(tls ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    strictTransportSecurity: tls ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  return (request: Parameters<Helmet>[0], response: Response & WithNonce, next: () => void): void => {
    response.locals ??= {};
    response.locals['cspNonce'] = randomBytes(16).toString('base64url');
    response.setHeader('Cache-Control', 'private, no-cache');
    headers(request, response, next);
  };
}

const nonceOf = (response: Response): string => String((response as Response & WithNonce).locals?.['cspNonce']);
