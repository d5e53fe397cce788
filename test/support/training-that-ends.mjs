// Loaded into a site's agent and its training process by NODE_OPTIONS: the process that is given a round's training while
// the file named by CONSILIUM_TEST_TRAINING_ENDS is there takes the file away and ends by SIGKILL, as the system ends one
// that takes all memory.
import { existsSync, rmSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

if (parentPort) {
  const on = parentPort.on.bind(parentPort);
  parentPort.on = (event, listener) => {
    const heard = (message) => {
      if (message?.job?.kind === 'contribution' && existsSync(process.env.CONSILIUM_TEST_TRAINING_ENDS)) {
        rmSync(process.env.CONSILIUM_TEST_TRAINING_ENDS);
        process.kill(process.pid, 'SIGKILL');
      }
      listener(message);
    };
    return on(event, event === 'message' ? heard : listener);
  };
}
