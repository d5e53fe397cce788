import { isWritable, type Database } from '../storage/index.js';
import type { Listening } from './listening.js';

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<'database' | 'ca' | 'grpc' | 'notDraining', boolean>>;
}

/** Whether the coordinator can do its work now. Liveness asks for none of this: the loop answers, or does not. */
export class Readiness {
  #draining = false;

  /** @param caLoaded - true from the start: a coordinator without its CA does not start */
  constructor(
    private readonly db: Database,
    private readonly listening: Listening,
    private readonly caLoaded: boolean,
  ) {}

  /** From now on no new work: the process is about to end. */
  drain(): void {
    this.#draining = true;
  }

  async report(): Promise<ReadinessReport> {
    const checks = {
      database: await isWritable(this.db),
      ca: this.caLoaded,
      grpc: this.listening.grpcPort !== undefined,
      notDraining: !this.#draining,
    };
    return { ready: Object.values(checks).every(Boolean), checks };
  }
}
