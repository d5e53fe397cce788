import type { ServerResponse } from 'node:http';
import type { Line } from '../stream/index.js';

/** A client that takes nothing for so long is cut off; it comes back where it was. */
const STALLED_MS = 60_000;

/** The body of an answer as a line that events are written to, with the back-pressure of its socket. */
export function responseLine(response: ServerResponse): Line {
  return {
    write: (text) => response.write(text),
    drained: () =>
      new Promise((resolve) => {
        const settle = (): void => {
          clearTimeout(limit);
          response.off('drain', settle).off('close', settle);
          resolve();
        };
        const limit = setTimeout(() => response.destroy(), STALLED_MS);
        if (response.destroyed) return settle();
        response.once('drain', settle).once('close', settle);
      }),
    get closed() {
      return response.destroyed || response.writableEnded;
    },
  };
}
