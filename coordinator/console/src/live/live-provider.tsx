import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { connectLive, type LiveConnection } from './connect.js';
import type { LiveState } from './messages.js';

/** Pages ask this often while the stream does not stand; the answers are small where nothing changed (ETag). */
const POLL_MS = 5_000;
/** Many events at once are one look. */
const GATHER_MS = 250;

interface Live {
  readonly state: LiveState;
  /** When the data on screen was last known to be current, Unix milliseconds. */
  readonly asOf: number;
  readonly paused: boolean;
  setPaused(paused: boolean): void;
  watch(topics: readonly string[]): () => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

/**
 * Topic `study:HASH` feeds the queries under `['study', HASH]`, `sites` those under `['sites']`, and so on. Whether a site is
 * connected and what it says of itself are no events of a study: they are told in `sites` and `studies`, which therefore feed the
 * study that is open, too.
 */
const keysOf = (topic: string): readonly (readonly string[])[] =>
  topic === 'sites' || topic === 'studies' ? [[topic], ['study']] : [topic.split(':')];

export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>('reconnecting');
  const [asOf, setAsOf] = useState(() => Date.now());
  const [paused, setPaused] = useState(false);
  const pausedNow = useRef(paused);
  useEffect(() => {
    pausedNow.current = paused;
  }, [paused]);
  const connection = useRef<LiveConnection>(undefined);
  const shown = useRef(new Map<symbol, readonly string[]>());

  useEffect(() => {
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer = undefined;
      if (pausedNow.current) return;
      for (const queryKey of [...changed].flatMap(keysOf)) void queries.invalidateQueries({ queryKey });
      changed.clear();
      setAsOf(Date.now());
    };
    const opened = connectLive((message) => {
      if (message.kind === 'state') setState(message.state);
      else if (message.kind === 'all') void queries.invalidateQueries();
      else for (const { topic } of message.events) changed.add(topic);
      timer ??= setTimeout(look, GATHER_MS);
    });
    connection.current = opened;
    opened.show([...shown.current.values()].flat());
    return () => {
      clearTimeout(timer);
      opened.close();
      connection.current = undefined;
    };
  }, [queries]);

  useEffect(() => {
    if (state === 'live' || paused) return undefined;
    const poll = setInterval(() => void queries.invalidateQueries().then(() => setAsOf(Date.now())), POLL_MS);
    return () => clearInterval(poll);
  }, [state, paused, queries]);

  const watch = useCallback((topics: readonly string[]) => {
    const mine = Symbol('watch');
    shown.current.set(mine, topics);
    connection.current?.show([...shown.current.values()].flat());
    return () => {
      shown.current.delete(mine);
      connection.current?.show([...shown.current.values()].flat());
    };
  }, []);

  const live = useMemo<Live>(
    () => ({
      state,
      asOf,
      paused,
      setPaused: (next) => {
        setPaused(next);
        if (!next) void queries.invalidateQueries();
      },
      watch,
    }),
    [state, asOf, paused, queries, watch],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error('outside LiveProvider');
  return live;
}

/** The page shows these topics: their changes arrive as long as it is there. */
export function useTopics(...topics: readonly string[]): void {
  const { watch } = useLive();
  const key = topics.join(',');
  useEffect(() => (key === '' ? undefined : watch(key.split(','))), [key, watch]);
}
