// Loaded into a site's agent by NODE_OPTIONS: its training thread ends with exit code 9, saying nothing, when it is given
// a round's training while the file named by CONSILIUM_TEST_TRAINING_ENDS is there.
import { existsSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

if (parentPort) {
  const on = parentPort.on.bind(parentPort);
  parentPort.on = (event, listener) => {
    const heard = (message) => {
      if (message?.job?.kind === 'contribution' && existsSync(process.env.CONSILIUM_TEST_TRAINING_ENDS)) process.exit(9);
      listener(message);
    };
    return on(event, event === 'message' ? heard : listener);
  };
}
