import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { startEngine } from '@consilium/learning';
import { ConsiliumError } from '@consilium/protocol';
import { prepareBfv, sealToFile } from '@consilium/sealed-sum';
import { refusalOf } from '../rounds/site-refused.js';
import { checkRows } from './check-rows.js';
import { contribution } from './contribution.js';
import { PartThreads } from './part-threads.js';
import type { Job, JobAnswer, JobFailure, JobRequest, JobResults, ThreadSettings } from './jobs.js';
import { LoadedCohorts } from './loaded-cohorts.js';
import { nextState } from './next-state.js';

const { training, seals } = workerData as ThreadSettings;
/** Other engines use several cores by themselves. */
const cores = training.engine === 'wasm' ? (training.threads ?? availableParallelism()) : 1;
const cohorts = new LoadedCohorts(cores > 1 ? new PartThreads(cores) : undefined);
const engineReady = () => startEngine(training.engine, training.threads === undefined ? {} : { threads: training.threads });
// The first round should not wait for either; what fails here fails again, and is said, in the job that needs it.
(seals ? prepareBfv() : engineReady()).catch(() => undefined);

async function perform(job: Job): Promise<JobResults[Job['kind']]> {
  switch (job.kind) {
    case 'contribution':
      await engineReady();
      return contribution(job, cohorts);
    case 'check':
      return checkRows(job);
    case 'seal':
      return sealToFile(job);
    case 'apply':
      return nextState(job);
  }
}

/** Errors lose their class on the way between threads, so what the agent needs of them is taken here. */
function failureOf(error: unknown): JobFailure {
  const refusal = refusalOf(error);
  const trace = error instanceof Error ? (error.stack ?? error.message) : 'not an error';
  if (error instanceof ConsiliumError) {
    const { code, errorClass, message, fix, problems } = error;
    return { detail: { code, errorClass, message, fix, problems }, refusal, trace };
  }
  const detail = {
    code: 'INTERNAL',
    errorClass: 'failed',
    message: 'The training thread met an error of its own.',
    fix: 'Site IT looks up the incident.',
  } as const;
  return { detail, refusal, trace };
}

parentPort?.on('message', ({ id, job }: JobRequest) => {
  perform(job).then(
    (result) => parentPort?.postMessage({ id, result } satisfies JobAnswer),
    (error: unknown) => parentPort?.postMessage({ id, failure: failureOf(error) } satisfies JobAnswer),
  );
});
