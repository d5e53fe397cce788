// npm run engine:test -- NAME: compares an engine of this machine with the oracles on all cases, and says what is wrong.
// `software` after webgpu takes SwiftShader instead of a card.
import { ENGINE_NAMES } from '../../libs/learning/src/engine/engine-description.js';
import { UNSUPPORTED_OPERATIONS } from '../../libs/learning/src/engine/unsupported-operations.js';
import { CASES } from './cases/index.js';
import { complaints, computeOn, WEBGPU_TOLERANCE } from './differential.js';
import { noSoftwareDriver, softwareDriver } from './swiftshader.js';

const [asked = 'wasm', driverName] = process.argv.slice(2);
const name = ENGINE_NAMES.find((one) => one === asked);
if (name === undefined || (driverName !== undefined && driverName !== 'software')) {
  process.stderr.write(`npm run engine:test -- ${ENGINE_NAMES.join(' | ')} [software]\n`);
  process.exit(2);
}
const missing = driverName === undefined ? undefined : noSoftwareDriver();
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exit(1);
}
const driver = driverName === undefined ? undefined : softwareDriver();
try {
  const [cpu, engine] = await Promise.all([computeOn('cpu'), computeOn(name, driver)]);
  const known = UNSUPPORTED_OPERATIONS[name].flatMap(({ messages }) => messages);
  const found = complaints(engine, cpu, name === 'webgpu' ? WEBGPU_TOLERANCE : {});
  const wrong = found.filter((complaint) => !known.some((message) => complaint.includes(message)));
  for (const complaint of found)
    process.stdout.write(`${wrong.includes(complaint) ? 'WRONG  ' : 'refused'} ${complaint.replaceAll('\n', ' ')}\n`);
  const bad = new Set(found.map((complaint) => complaint.split(', ')[0])).size;
  process.stdout.write(`${name}: ${engine.version}, ${engine.devices.join(', ')}: ${CASES.length - bad} of ${CASES.length} cases right\n`);
  if (wrong.length > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  driver?.remove();
}
