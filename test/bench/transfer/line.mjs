// A line with a delay, in a process of its own: node line.mjs PORT ONE_WAY_MS
import { Relay } from '../../support/relay.ts';

const relay = await Relay.open(Number(process.argv[2]), { delayMs: Number(process.argv[3]) });
process.send({ port: relay.port });
process.once('disconnect', () => process.exit());
