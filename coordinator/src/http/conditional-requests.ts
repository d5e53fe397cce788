interface Request {
  readonly headers: Record<string, string | string[] | undefined>;
}

/**
 * Lets `If-None-Match` count whatever else a request says. A page that asks with a tag of its own is made by its browser to
 * send `Cache-Control: no-cache` too (Fetch standard, HTTP-network-or-cache fetch), which is a word to caches on the way
 * (RFC 9111 section 5.2.1.4) and which Express takes as a wish for the whole answer.
 */
export function conditionalRequests(request: Request, _response: unknown, next: () => void): void {
  if (request.headers['if-none-match'] !== undefined) delete request.headers['cache-control'];
  next();
}
