import type { SiteName } from '@consilium/protocol';
import { certificateRefused, siteOfCall, type AnyCall, type CertificateLookup } from './peer.js';

/** The streams that sites hold open: a revocation ends them, it does not only refuse the next call. */
export class OpenStreams {
  readonly #open = new Map<SiteName, Set<() => void>>();

  /** @returns to be called when the stream is over */
  enter(site: SiteName, end: () => void): () => void {
    const streams = this.#open.get(site) ?? new Set();
    this.#open.set(site, streams.add(end));
    return () => {
      streams.delete(end);
      if (streams.size === 0 && this.#open.get(site) === streams) this.#open.delete(site);
    };
  }

  endAll(site: SiteName): void {
    for (const end of [...(this.#open.get(site) ?? [])]) end();
  }
}

type Stream = AnyCall & { cancelled: boolean; emit(event: 'cancelled', reason: string): unknown };

/**
 * Serves a stream for as long as its site is a member. A revocation cancels the call, as a peer that has gone away does:
 * `work` takes nothing in and sends nothing any more where it looks at `cancelled`, and how it then ends is of no account.
 * @param stop - ends the reading of a stream whose `work` does not look
 * @throws ConsiliumError CERTIFICATE_REFUSED, also in the middle, and what `work` throws
 */
export async function whileMember<T>(
  call: Stream,
  { lookup, streams }: { readonly lookup: CertificateLookup; readonly streams: OpenStreams },
  work: (site: SiteName) => Promise<T>,
  stop: () => void = () => undefined,
): Promise<T> {
  const site = await siteOfCall(call, lookup);
  const { promise: revoked, reject } = Promise.withResolvers<never>();
  const leave = streams.enter(site, () => {
    call.cancelled = true;
    call.emit('cancelled', 'cancelled');
    stop();
    reject(certificateRefused());
  });
  try {
    // Asked again: a revocation may have come before the stream was among the open ones.
    await siteOfCall(call, lookup);
    return await Promise.race([work(site), revoked]);
  } finally {
    leave();
  }
}
