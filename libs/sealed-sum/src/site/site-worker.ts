// Entry of a worker thread: seals and opens runs for one job at a time. See bfv/context.ts for the imports that end in .ts.
import { bfvContext } from '../bfv/context.ts';
import { RING } from '../bfv/ring.ts';
import { answerMessages, type Reply } from '../threads/answering.ts';
import { RunOpener } from './run-opener.ts';
import { RunSealer } from './run-sealer.ts';
import type { SiteMessage } from './site-message.ts';

const bfv = await bfvContext(RING);
/** The keys of the job at hand, in SEAL's form. */
let current: { readonly id: number; readonly runner: RunSealer | RunOpener } | undefined;

answerMessages((message: SiteMessage): Reply | undefined => {
  if (message.kind === 'forget') {
    if (current?.id === message.id) forget();
    return undefined;
  }
  const { id, job, task } = message;
  if (current?.id !== id) {
    forget();
    current = { id, runner: task.kind === 'seal' ? new RunSealer(bfv, job) : new RunOpener(bfv, job) };
  }
  const { runner } = current;
  if (task.kind === 'seal' && runner instanceof RunSealer) {
    const answer = runner.seal(task);
    return { answer, transfer: [answer.bytes.buffer] };
  }
  if (task.kind === 'open' && runner instanceof RunOpener) {
    const answer = runner.open(task);
    return { answer, transfer: answer.kind === 'opened' ? [answer.lanes.buffer] : [] };
  }
  throw new Error('a job either seals or opens');
});

function forget(): void {
  current?.runner.delete();
  current = undefined;
}
