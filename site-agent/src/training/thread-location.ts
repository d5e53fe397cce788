import type { WorkerOptions } from 'node:worker_threads';

/** Where a worker thread's code lies, and how Node runs it. */
export interface ThreadLocation {
  readonly url: URL;
  readonly options: Pick<WorkerOptions, 'execArgv'>;
}

/**
 * The module `name` beside `from`: compiled in the product, TypeScript where this very module runs from source (tests).
 * @param from - `import.meta.url` of the module that starts the thread
 */
export function threadLocation(name: string, from: string): ThreadLocation {
  if (!from.endsWith('.ts')) return { url: new URL(`./${name}.js`, from), options: { execArgv: [] } };
  const hook = new URL('./from-source.mjs', import.meta.url).href;
  return {
    url: new URL(`./${name}.ts`, from),
    options: {
      execArgv: ['--import', hook, '--conditions=source', '--experimental-transform-types', '--disable-warning=ExperimentalWarning'],
    },
  };
}
