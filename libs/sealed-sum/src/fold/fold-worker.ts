// Entry of a worker thread: answers one FoldTask after the other. See bfv/context.ts for the imports that end in .ts.
import { parentPort, workerData } from 'node:worker_threads';
import { bfvContext, type Ring } from '../bfv/context.ts';
import { RunFolder } from './fold-run.ts';
import type { FoldAnswer, FoldTask } from './fold-task.ts';

const ring = workerData as Ring;
const folder = new RunFolder(await bfvContext(ring), ring);

parentPort?.on('message', (task: FoldTask) => {
  const answer = answerTo(task);
  parentPort?.postMessage(answer, answer.kind === 'folded' ? [answer.bytes.buffer] : []);
});

function answerTo(task: FoldTask): FoldAnswer {
  try {
    return folder.fold(task);
  } catch (error) {
    // SEAL throws pairs of a C++ type and its message.
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
