/// <reference lib="webworker" />
import { LiveStream } from './live-stream.js';
import { FromTab, TAB_FORGOTTEN_MS, type ToTab } from './messages.js';

/** Runs once for all tabs: a browser allows six streams a host without HTTP/2, over all tabs together. */
interface Tab {
  topics: readonly string[];
  heard: number;
}
const tabs = new Map<MessagePort, Tab>();
const stream = new LiveStream((message) => tabs.forEach((_, port) => port.postMessage(message)));

function showAll(): void {
  const now = Date.now();
  for (const [port, { heard }] of tabs) if (now - heard > TAB_FORGOTTEN_MS) tabs.delete(port);
  stream.show([...tabs.values()].flatMap(({ topics }) => topics));
}
setInterval(showAll, TAB_FORGOTTEN_MS / 2);

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  port.addEventListener('message', ({ data }) => {
    const parsed = FromTab.safeParse(data);
    if (!parsed.success) return;
    if (parsed.data.kind === 'bye') tabs.delete(port);
    else {
      if (!tabs.has(port)) port.postMessage(stream.state satisfies ToTab);
      tabs.set(port, { topics: parsed.data.topics, heard: Date.now() });
    }
    showAll();
  });
  port.start();
});
