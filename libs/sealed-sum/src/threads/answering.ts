// Runs in worker threads: see bfv/context.ts for the imports that end in .ts.
import { parentPort } from 'node:worker_threads';

/** What a task is answered with, and the buffers of it that the worker gives away. */
export interface Reply {
  readonly answer: { readonly kind: string };
  readonly transfer: readonly ArrayBuffer[];
}

/** Answers one message after the other for as long as the worker lives. @param reply - nothing for what wants no answer */
export function answerMessages<Message>(reply: (message: Message) => Reply | undefined): void {
  parentPort?.on('message', (message: Message) => {
    const { answer, transfer } = attempt(() => reply(message)) ?? {};
    if (answer) parentPort?.postMessage(answer, transfer);
  });
}

function attempt(reply: () => Reply | undefined): Reply | undefined {
  try {
    return reply();
  } catch (error) {
    // SEAL throws pairs of a C++ type and its message.
    return { answer: { kind: 'failed', reason: error instanceof Error ? error.message : String(error) } as Reply['answer'], transfer: [] };
  }
}
