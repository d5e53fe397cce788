import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { ConsiliumError } from '@consilium/protocol';

/** A long-running process of the demo: started, watched, ended. Its output goes to a file. */
export class ManagedProcess {
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #child: ChildProcess;
  #over = false;

  /** @param log - file that takes stdout and stderr, appended */
  constructor(
    readonly name: string,
    script: string,
    args: readonly string[],
    log: string,
    environment: NodeJS.ProcessEnv = process.env,
  ) {
    this.#child = spawn(process.execPath, [script, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const out = createWriteStream(log, { flags: 'a', mode: 0o600 });
    this.#child.stdout?.pipe(out, { end: false });
    this.#child.stderr?.pipe(out, { end: false });
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#over = true;
        out.end();
        resolve(code ?? signal ?? 0);
      });
      this.#child.once('error', () => {
        this.#over = true;
        resolve(1);
      });
    });
  }

  get running(): boolean {
    return !this.#over;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the process to end, and kills it when it has not after `graceMs`. */
  async stop(graceMs = 20_000): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(kill);
  }

  /** Sends a signal, and waits for nothing. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGKILL: no chance to say goodbye. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. @throws ConsiliumError COMMAND_TIMEOUT */
export function runToEnd(
  script: string,
  args: readonly string[],
  options: { readonly environment?: NodeJS.ProcessEnv; readonly timeoutMs?: number } = {},
): Promise<Finished> {
  const { environment = process.env, timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString('utf8')));
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new ConsiliumError({
          code: 'COMMAND_TIMEOUT',
          errorClass: 'timeout',
          message: `${args.slice(0, 2).join(' ')} did not end within ${timeoutMs / 1000} s.`,
          fix: 'Look at the logs of the processes.',
        }),
      );
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code: code ?? 1, ...output });
    });
  });
}
