// Entry of a worker thread: answers one FoldTask after the other. See bfv/context.ts for the imports that end in .ts.
import { workerData } from 'node:worker_threads';
import { bfvContext, type Ring } from '../bfv/context.ts';
import { answerMessages } from '../threads/answering.ts';
import { RunFolder } from './fold-run.ts';
import type { FoldTask } from './fold-task.ts';

const ring = workerData as Ring;
const folder = new RunFolder(await bfvContext(ring), ring);

answerMessages((task: FoldTask) => {
  const answer = folder.fold(task);
  return { answer, transfer: answer.kind === 'folded' ? [answer.bytes.buffer] : [] };
});
