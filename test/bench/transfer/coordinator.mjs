// The coordinator's end of a transfer, in a process of its own: its gRPC server and transfer service in front of a study
// whose model is being released. Told by `init` over IPC; says its port, and when the bytes of an upload are all there.
import { GrpcServer } from '../../../coordinator/dist/src/grpc/grpc-server.js';
import { OpenStreams } from '../../../coordinator/dist/src/grpc/open-streams.js';
import { transferService } from '../../../coordinator/dist/src/grpc/transfer-service.js';
import { UploadProgress } from '../../../coordinator/dist/src/grpc/upload-progress.js';
import { Spool } from '../../../coordinator/dist/src/aggregation/spool.js';
import { launched, testStudy, TestWorld } from '../../../coordinator/dist/src/rounds/builders.js';

const none = {};
const silent = { warn: () => undefined, error: () => undefined };

process.once('message', async ({ folder, server, fingerprint, site, bytes, sha256 }) => {
  const { state } = launched(new TestWorld(testStudy()));
  const releasing = { phase: 'releasing', since: '', votes: new Map(), bundles: new Map([[site, sha256]]), received: undefined };
  const study = { ...state, activity: releasing };
  let taken = 0;
  let cpu = process.cpuUsage();
  const transfer = transferService({
    context: {
      lookup: async (seen) => (seen === fingerprint ? site : undefined),
      log: silent,
      streams: new OpenStreams(),
      observed: () => undefined,
    },
    engine: { state: () => study, submit: async () => study },
    spool: new Spool(folder),
    progress: new UploadProgress(),
    consortium: 'bench.example',
    keyOf: () => Promise.reject(new Error('a bundle is not signed here')),
    received: (more) => {
      taken += more;
      if (more > 0 && taken % bytes === 0) {
        const { user, system } = process.cpuUsage(cpu);
        cpu = process.cpuUsage();
        process.send({ taken, cpuSeconds: (user + system) / 1e6 });
      }
    },
  });
  const others = { enrolment: none, roster: none, approval: none, session: none, round: none, relay: none, release: none };
  const grpc = new GrpcServer({ transfer, ...others });
  const buffers = Object.fromEntries(Object.entries(server).map(([name, text]) => [name, Buffer.from(text)]));
  process.send({ port: await grpc.listen('127.0.0.1', 0, buffers), study: study.hash });
});
process.once('disconnect', () => process.exit());
