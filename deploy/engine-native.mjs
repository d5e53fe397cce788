// npm run engine:native [-- --cuda]: builds the native training engine on this machine, an add-on for Node around
// TensorFlow's own library. TensorFlow comes as its wheel from PyPI (since 2.19 the place where it publishes that library),
// checked against the hash below; the add-on is compiled from the sources in @tensorflow/tfjs-node-gpu. Nothing of Python
// is installed or run but pip. Run again, it does nothing where the engine is built and passes its self-check.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const TENSORFLOW = '2.21.0';
/** Wheels for CPython 3.11: whatever Python is here, only what lies in them besides Python is used. */
const WHEELS = {
  'cpu x64': {
    name: 'tensorflow-cpu',
    platform: 'manylinux_2_27_x86_64',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
  'cpu arm64': {
    name: 'tensorflow',
    platform: 'manylinux_2_27_aarch64',
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  },
  'cuda x64': {
    name: 'tensorflow',
    platform: 'manylinux_2_27_x86_64',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  },
};
/** What TensorFlow 2.21's extra `and-cuda` names, which its library looks for beside itself. */
const CUDA_LIBRARIES = [
  'nvidia-cublas-cu12<13.0,>=12.5.3.2',
  'nvidia-cuda-cupti-cu12<13.0,>=12.5.82',
  'nvidia-cuda-nvcc-cu12<13.0,>=12.5.82',
  'nvidia-cuda-nvrtc-cu12<13.0,>=12.5.82',
  'nvidia-cuda-runtime-cu12<13.0,>=12.5.82',
  'nvidia-cudnn-cu12<10.0,>=9.3.0.75',
  'nvidia-cufft-cu12<12.0,>=11.2.3.61',
  'nvidia-curand-cu12<11.0,>=10.3.6.82',
  'nvidia-cusolver-cu12<12.0,>=11.6.3.83',
  'nvidia-cusparse-cu12<13.0,>=12.5.1.3',
  'nvidia-nccl-cu12<3.0,>=2.27.7',
  'nvidia-nvjitlink-cu12<13.0,>=12.5.82',
];
const DOWNLOAD_LIMIT_MS = 3_600_000;
const BUILD_LIMIT_MS = 900_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const addOnPackage = dirname(createRequire(join(root, 'libs/learning/package.json')).resolve('@tensorflow/tfjs-node-gpu/package.json'));
const say = (line) => process.stdout.write(`${line}\n`);

/** Ends with what is missing and what to do about it: exit 1. */
function giveUp(what, todo) {
  process.stderr.write(`The native engine cannot be built: ${what}\n${todo}\n`);
  process.exit(1);
}

const works = (command, args) => spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;

/** Everything that is missing at once, not one after the other. */
function checkTools(kind) {
  if (process.platform !== 'linux') giveUp(`it is for Linux, this is ${process.platform}.`, 'Train with engine: wasm or webgpu.');
  if (!WHEELS[kind]) giveUp(`TensorFlow has no ${kind} library.`, 'Train with engine: wasm or webgpu.');
  const missing = [
    works('python3', ['--version']) ? undefined : 'python3 (Debian: apt-get install python3)',
    works('python3', ['-m', 'pip', '--version']) ? undefined : 'pip (Debian: apt-get install python3-pip)',
    works('c++', ['--version']) ? undefined : 'a C++ compiler (Debian: apt-get install g++)',
    works('make', ['--version']) ? undefined : 'make (Debian: apt-get install make)',
    process.env.npm_config_node_gyp ? undefined : 'node-gyp, which comes with npm (start this with: npm run engine:native)',
  ].filter((line) => line !== undefined);
  if (missing.length > 0) giveUp('this is missing:', missing.map((line) => `  ${line}`).join('\n'));
}

/** pip for wheels of a given platform; nothing is installed for the machine's own Python. */
function pip(args, platforms) {
  const wanted = platforms.flatMap((platform) => ['--platform', platform]);
  const options = ['--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--disable-pip-version-check', ...wanted];
  const { status, stderr } = spawnSync('python3', ['-m', 'pip', ...args.slice(0, 1), ...options, ...args.slice(1)], {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    timeout: DOWNLOAD_LIMIT_MS,
  });
  if (status !== 0)
    giveUp(
      `pip could not fetch ${args.at(-1)}.`,
      `${stderr.trim().split('\n').slice(-3).join('\n')}\nIs PyPI, or a mirror that pip is set to, reachable from here (python3 -m pip config list)?`,
    );
}

async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Headers and libraries of TensorFlow under `folder`; a download that broke off leaves nothing there. */
async function fetchTensorflow({ name, platform, sha256: expected }, folder, cuda) {
  if (existsSync(join(folder, 'tensorflow'))) return;
  const partly = `${folder}.part`;
  rmSync(partly, { recursive: true, force: true });
  mkdirSync(partly, { recursive: true });
  say(`fetching ${name} ${TENSORFLOW}${cuda ? ' and the CUDA libraries (about 3 GB)' : ''}`);
  pip(['download', '--dest', partly, `${name}==${TENSORFLOW}`], [platform]);
  const wheel = join(partly, readdirSync(partly).find((file) => file.endsWith('.whl')) ?? '');
  if ((await sha256(wheel)) !== expected)
    giveUp(
      'the wheel that pip fetched is not the one that TensorFlow has published.',
      'Look at what pip is set to (python3 -m pip config list).',
    );
  execFileSync('python3', ['-c', UNPACK, wheel, partly], { stdio: 'inherit', timeout: BUILD_LIMIT_MS });
  rmSync(wheel);
  if (cuda) {
    const platforms = [
      'manylinux_2_27_x86_64',
      'manylinux_2_17_x86_64',
      'manylinux2014_x86_64',
      'manylinux_2_5_x86_64',
      'manylinux1_x86_64',
    ];
    pip(['install', '--target', partly, ...CUDA_LIBRARIES], platforms);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(partly, folder);
}

/** Only headers and the two libraries leave the wheel. */
const UNPACK = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith('tensorflow/include/') or (name.startswith('tensorflow/libtensorflow') and '.so' in name):
            wheel.extract(name, sys.argv[2])
`;

function link(target, path) {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

function compile(folder) {
  say('compiling the add-on');
  const library = join(folder, 'tensorflow');
  mkdirSync(join(addOnPackage, 'deps', 'lib'), { recursive: true });
  link(join(library, 'include'), join(addOnPackage, 'deps', 'include'));
  link(join(library, 'libtensorflow_cc.so.2'), join(addOnPackage, 'deps', 'lib', 'libtensorflow.so'));
  link(join(library, 'libtensorflow_framework.so.2'), join(addOnPackage, 'deps', 'lib', 'libtensorflow_framework.so'));
  const { status, stdout, stderr } = spawnSync('node-pre-gyp', ['install', '--build-from-source'], {
    cwd: addOnPackage,
    env: { ...process.env, LDFLAGS: `-Wl,-rpath,${library}` },
    encoding: 'utf8',
    timeout: BUILD_LIMIT_MS,
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return;
  const log = join(root, '.engine', 'build.log');
  writeFileSync(log, `${stdout ?? ''}${stderr ?? ''}`);
  giveUp(
    `the compiler or node-gyp failed; what they said is in ${log}.`,
    "Where Node's headers cannot be fetched, name a folder that has include/node: npm_config_nodedir=/usr npm run engine:native",
  );
}

/** The engine's own trial: loads it, checks it, times a step. */
function tryIt() {
  const { stdout } = spawnSync(process.execPath, [join(root, 'libs/learning/dist/engine/probe-main.js'), 'native'], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return JSON.parse(stdout?.trimEnd().split('\n').at(-1) || '{"usable":false,"refusal":{"message":"Its trial gave no answer."}}');
}

function readCommand() {
  try {
    return parseArgs({ options: { cuda: { type: 'boolean', default: false } } }).values;
  } catch {
    process.stderr.write('npm run engine:native [-- --cuda]\n');
    process.exit(2);
  }
}

const { cuda } = readCommand();
const kind = `${cuda ? 'cuda' : 'cpu'} ${process.arch}`;
checkTools(kind);
const folder = join(root, '.engine', `${kind.replace(' ', '-')}-${TENSORFLOW}`);
const stamp = join(addOnPackage, 'lib', 'built-with.json');
const built = JSON.stringify({ folder });
const upToDate = existsSync(stamp) && readFileSync(stamp, 'utf8') === built && existsSync(join(folder, 'tensorflow'));
let trial = upToDate ? tryIt() : undefined;
if (!trial?.usable) {
  await fetchTensorflow(WHEELS[kind], folder, cuda);
  rmSync(stamp, { force: true });
  compile(folder);
  trial = tryIt();
  if (!trial.usable) giveUp(trial.refusal.message, trial.refusal.fix ?? 'Remove the folder .engine and run this again.');
  writeFileSync(stamp, built);
}
const { version, devices } = trial.description;
say(`native engine: ${version}, ${devices.join(', ')}; self-check passed, ${trial.stepMs.toFixed(0)} ms a step of its trial`);
if (cuda && !devices.some((device) => device.includes('NVIDIA')))
  say('No NVIDIA card was opened: it computes on the processor until a card and its driver (525 or later) are there.');
