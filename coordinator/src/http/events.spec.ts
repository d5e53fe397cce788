import { StudyHash } from '@consilium/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tabularLogistic } from '../../cli/templates/tabular-logistic.js';
import { httpWorld } from '../../test/http-world.js';
import { EventStreams } from '../stream/index.js';

let world: Awaited<ReturnType<typeof httpWorld>>;
beforeAll(async () => {
  world = await httpWorld();
});
afterAll(() => world.close());

interface Message {
  readonly topic: string;
  readonly seq: number | string;
  readonly type: string;
}

/** Reads messages until there are enough, then cuts the line. @returns them, and the last id */
async function follow(topics: string, enough: (messages: readonly Message[]) => boolean, lastEventId?: string) {
  const cut = new AbortController();
  const response = await fetch(`${world.url}/api/v1/events?topic=${topics}`, {
    headers: { authorization: `Bearer ${world.token}`, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
    signal: AbortSignal.any([cut.signal, AbortSignal.timeout(15_000)]),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('cache-control')).toContain('no-transform');
  const messages: Message[] = [];
  let [text, id] = ['', lastEventId];
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data === undefined) continue;
      id = /^id: (.*)$/m.exec(block)?.[1];
      messages.push(JSON.parse(data) as Message);
    }
    if (enough(messages)) break;
  }
  cut.abort();
  return { messages, id };
}

const seqs = (messages: readonly Message[], topic: string) => messages.flatMap((message) => (message.topic === topic ? [message.seq] : []));

describe('live events', () => {
  it('lose and double nothing over a cut line and a restart of the coordinator', async () => {
    const answer = await fetch(`${world.url}/api/v1/studies`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ specification: tabularLogistic('live') }),
    });
    const hash = StudyHash.parse(((await answer.json()) as { hash: string }).hash);
    const topic = `study:${hash}`;
    const change = () => world.desk.change(hash, { stateReason: 'More.' });
    const first = follow(`${topic},sites`, (messages) => seqs(messages, topic).length >= 2);
    await expect.poll(() => world.metric('consilium_sse_clients')).toBe(1);
    change();
    change();
    const { messages, id } = await first;
    expect(messages[0]).toMatchObject({ topic: 'stream', type: 'open' });
    change();
    await world.restart(0);
    await world.join('site-z', 9);
    change();
    const after = await follow(`${topic},sites`, (more) => seqs(more, topic).length >= 2 && seqs(more, 'sites').length >= 1, id);
    expect([...seqs(messages, topic), ...seqs(after.messages, topic)]).toEqual([1, 2, 3, 4]);
    expect(after.messages.filter((message) => message.topic === 'sites').length).toBe(1);
    const nothingNew = await follow(`${topic},sites`, (more) => more.length >= 1, after.id);
    expect(nothingNew.messages.map(({ type }) => type)).toEqual(['open']);
  });

  it('are asked for, as long as they last, whether their viewer may still see as much', async () => {
    const [admin, rae] = [await world.person(['admin']), await world.person(['researcher'])];
    const { id } = (await rae.signedIn()).account;
    const streams = world.get(EventStreams as unknown as new () => EventStreams);
    const serve = streams.serve.bind(streams);
    const viewers: Parameters<EventStreams['serve']>[1][] = [];
    streams.serve = async (line, viewer, places) => {
      viewers.push(viewer);
      await serve(line, viewer, places);
    };
    const cut = new AbortController();
    await fetch(`${world.url}/api/v1/events?topic=sites`, { headers: { cookie: rae.cookie ?? '' }, signal: cut.signal });
    const allowed = () => viewers[0]?.stillAllowed?.();
    expect(await allowed()).toBe(true);
    await admin.patch(`/accounts/${id}`, { roles: ['site-it'], sites: ['site-z'] });
    expect(await allowed()).toBe(false);
    await admin.patch(`/accounts/${id}`, { roles: ['researcher'], sites: [] });
    expect(await allowed()).toBe(true);
    await rae.delete('/session');
    expect(await allowed()).toBe(false);
    cut.abort();
    streams.serve = serve;
  });

  it('are refused before the stream begins where a study is not known', async () => {
    const response = await fetch(`${world.url}/api/v1/events?topic=nothing`, { headers: { authorization: `Bearer ${world.token}` } });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'TOPIC_UNKNOWN' }]);
    expect((await fetch(`${world.url}/api/v1/events?topic=sites`)).status).toBe(401);
  });
});
