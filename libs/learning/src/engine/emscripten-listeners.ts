type Listener = (...values: unknown[]) => void;
const CRASH_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Emscripten's start-up code hangs listeners on the process that rethrow from inside `uncaughtException`, which would
 * take the decision how an agent dies away from it. They are told by their text and removed.
 */
export function removeEmscriptenListeners(): void {
  for (const event of CRASH_EVENTS)
    for (const listener of process.listeners(event as 'uncaughtException') as Listener[])
      if (/ExitStatus|^function\s*\(reason\)\s*\{\s*throw reason;?\s*\}$/.test(listener.toString()))
        process.removeListener(event, listener);
}
