import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { siteRefused, type SiteRefused } from '../rounds/site-refused.js';
import { killedBy, type RunnerEvents, type StartRunner } from './job-runner.js';
import type { ThreadEngine } from './jobs.js';
import type { ProcessLimits } from './process-limits.js';
import { threadLocation } from './thread-location.js';
import type { ProcessMessage, ProcessSettings } from './training-process.js';

const MIB = 2 ** 20;
const GONE_WITHIN_MS = 5_000;
/** What a process said last, such as V8's own report of its end. */
const LAST_WORDS_BYTES = 4_096;
const LAST_WORDS_WITHIN_MS = 200;

/** Where a process may be started from; tests have others. */
export interface ProcessPlace {
  readonly path: string;
  readonly execArgv: readonly string[];
}

/** The training process of the product. */
export function trainingPlace(): ProcessPlace {
  const { url, options } = threadLocation('training-process', import.meta.url);
  return { path: fileURLToPath(url), execArgv: options.execArgv ?? [] };
}

/**
 * Runs jobs in a process of their own, of the Node that runs the agent. Whatever ends it, a signal of the system included,
 * ends its job and nothing else. It tells how much memory it holds while it works; above the limit it is ended here. It
 * ends with its channel, so none is left behind by an agent that was killed.
 */
export function processRunner(training: ThreadEngine, { memoryBytes }: ProcessLimits, place = trainingPlace()): StartRunner {
  return (events) => new TrainingProcess(training, memoryBytes, place, events);
}

class TrainingProcess {
  readonly #child: ChildProcess;
  readonly #memoryBytes: number;
  readonly #events: RunnerEvents;
  readonly #gone: Promise<void>;
  #lastWords = '';
  #over = false;

  constructor(training: ThreadEngine, memoryBytes: number, { path, execArgv }: ProcessPlace, events: RunnerEvents) {
    this.#memoryBytes = memoryBytes;
    this.#events = events;
    const settings: ProcessSettings = { training, heapMiB: Math.max(1, Math.floor(memoryBytes / MIB)) };
    this.#child = fork(path, [JSON.stringify(settings)], {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#gone = this.#listen();
    this.busy(false);
  }

  send(request: Parameters<ReturnType<StartRunner>['send']>[0]): void {
    // A channel that is closed already is told by the end of the process.
    this.#child.send(request, () => undefined);
  }

  busy(busy: boolean): void {
    const held = [this.#child, this.#child.channel, this.#child.stderr as { ref(): void; unref(): void } | null];
    for (const one of held)
      if (busy) one?.ref();
      else one?.unref();
  }

  async kill(): Promise<void> {
    this.#over = true;
    this.#child.kill('SIGKILL');
    // One that a driver holds in the kernel does not hold the agent.
    await Promise.race([this.#gone, sleep(GONE_WITHIN_MS, undefined, { ref: false })]);
  }

  #listen(): Promise<void> {
    const child = this.#child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_BYTES);
    });
    child.on('message', (message: ProcessMessage) => this.#hear(message));
    child.on('disconnect', () => child.kill('SIGKILL'));
    child.on('error', (error) => this.#end(killedBy(codeOf(error), error)));
    return new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        const say = () => {
          clearTimeout(patience);
          this.#end(killedBy(signal ?? `EXIT_${code}`, this.#told(`the training process ended: ${signal ?? `exit code ${code}`}`)));
          resolve();
        };
        const patience = setTimeout(say, LAST_WORDS_WITHIN_MS);
        child.once('close', say);
      });
    });
  }

  #hear(message: ProcessMessage): void {
    if ('residentBytes' in message) return this.#weigh(message.residentBytes);
    if (!('threadEnded' in message)) return this.#over ? undefined : this.#events.answer(message);
    const { signal, trace } = message.threadEnded;
    const cause = this.#told(trace);
    this.#end(signal === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory(cause) : killedBy(signal, cause));
  }

  #weigh(residentBytes: number): void {
    if (residentBytes <= this.#memoryBytes) return;
    const [held, allowed] = [residentBytes, this.#memoryBytes].map((bytes) => `${Math.round(bytes / MIB)} MiB`);
    this.#end(outOfMemory(this.#told(`the training process held ${held}; ${allowed} is its limit (resources.memory in site.yaml)`)));
    this.#child.kill('SIGKILL');
  }

  #told(what: string): Error {
    return new Error(this.#lastWords === '' ? what : `${what}\n${this.#lastWords}`);
  }

  #end(reason: SiteRefused): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.ended(reason);
  }
}

const outOfMemory = (cause: unknown): SiteRefused => siteRefused('RESOURCES', { what: 'memory' }, cause);

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : error.name);
