/** Aborted when somebody asks the program to end, or when nobody reads it any more (`| head`): then, too, nothing is left running. */
export function interruption(readers: readonly NodeJS.WritableStream[] = [process.stdout, process.stderr]): AbortController {
  const asked = new AbortController();
  const end = (): void => asked.abort(new DOMException('interrupted', 'AbortError'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  for (const reader of readers) reader.on('error', end);
  return asked;
}
