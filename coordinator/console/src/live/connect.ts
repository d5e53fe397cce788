import { LiveStream } from './live-stream.js';
import { TAB_SAYS_MS, type FromTab, type ToTab } from './messages.js';

/** A tab's end of the stream. */
export interface LiveConnection {
  show(topics: readonly string[]): void;
  close(): void;
}

/** Through the worker that all tabs share; where a browser has none, a stream of this tab's own. */
export function connectLive(hear: (message: ToTab) => void): LiveConnection {
  if (typeof SharedWorker === 'undefined') {
    const stream = new LiveStream(hear);
    return { show: (topics) => stream.show(topics), close: () => stream.show([]) };
  }
  const { port } = new SharedWorker(new URL('./shared-worker.ts', import.meta.url), { type: 'module', name: 'consilium-live' });
  let shown: readonly string[] = [];
  const say = (message: FromTab) => port.postMessage(message);
  port.addEventListener('message', ({ data }) => hear(data as ToTab));
  port.start();
  const again = setInterval(() => say({ kind: 'topics', topics: [...shown] }), TAB_SAYS_MS);
  const bye = () => say({ kind: 'bye', topics: [] });
  addEventListener('pagehide', bye);
  return {
    show: (topics) => {
      shown = topics;
      say({ kind: 'topics', topics: [...topics] });
    },
    close: () => {
      clearInterval(again);
      removeEventListener('pagehide', bye);
      bye();
      port.close();
    },
  };
}
