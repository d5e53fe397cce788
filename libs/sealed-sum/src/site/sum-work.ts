import type { Bfv } from '../bfv/context.js';
import { RunOpener } from './run-opener.js';
import { RunSealer } from './run-sealer.js';
import type { OpenAnswer, OpenTask, SealedRun, SealTask, SumJob } from './sum-task.js';

/** Who carries out the runs of one job. */
export interface SumWork {
  /** Runs that may be asked for before the first is answered. */
  readonly ahead: number;
  seal(task: SealTask): Promise<SealedRun>;
  open(task: OpenTask): Promise<OpenAnswer>;
  /** Forgets the job's keys. */
  end(): void;
}

/** In the calling thread. @param job - its key already known to be one */
export function workHere(bfv: Bfv, job: SumJob): SumWork {
  let sealer: RunSealer | undefined;
  let opener: RunOpener | undefined;
  return {
    ahead: 1,
    seal: async (task) => (sealer ??= new RunSealer(bfv, job)).seal(task),
    open: async (task) => (opener ??= new RunOpener(bfv, job)).open(task),
    end: () => {
      sealer?.delete();
      opener?.delete();
    },
  };
}
