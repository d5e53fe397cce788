// What a site does, against CKKS: values to bytes, bytes of a sum to values.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { foldUploads } from '../../../libs/sealed-sum/dist/fold/index.js';
import { dequantise, laneCount, openFold, SiteWorkers } from '../../../libs/sealed-sum/dist/index.js';
import { openRuns } from '../../../libs/sealed-sum/dist/site/open-fold.js';
import { sealedPieces } from '../../../libs/sealed-sum/dist/site/sealed-pieces.js';
import { alternate, atLeast, atMost, rounded } from '../measure/alternate.mjs';
import { ckks } from '../measure/ckks.mjs';
import { consortium, KEY_EPOCH, sealedUploads } from './consortium.mjs';

const SITES = 8;
const PARAMETERS = 2 ** 20;
const MILLION = 1_000_000;

export async function clientFigures(options) {
  return [...(await speeds(options)), ...(await threads()), ...(await sizes(options))];
}

export async function speeds({ folder }) {
  const round = await consortium(SITES, PARAMETERS);
  const { keys, lanes, masksOf, selfMasks, parameters, values } = round;
  const quantised = lanes();
  const masks = masksOf(0);
  const opponent = await ckks();
  const ciphertexts = opponent.encrypt(values);
  const sum = opponent.sum(ciphertexts, SITES);
  const masked = await fold(folder, 'masked', await sealedUploads(folder, round), parameters);
  const bare = await fold(folder, 'bare', await sealedUploads(folder, round, { masked: false }), parameters);
  const open = async (path) => dequantise(await openFold({ ...keys, path, contributors: SITES, selfMasks }), parameters).update;
  const openBare = async (path) => {
    const sumLanes = new Int32Array(laneCount(parameters));
    await openRuns({ ...keys, path, contributors: SITES }, [], (run, first) => sumLanes.set(run, first));
    return dequantise(sumLanes, parameters).update;
  };
  const terms = [{ key: masks.self, sign: 1 }, ...masks.pairs];
  const seconds = await alternate(
    {
      ckksEncrypt: () => opponent.encrypt(values),
      encrypt: () => consumed(sealedPieces({ ...keys, lanes: quantised }, [])),
      seal: () => consumed(sealedPieces({ ...keys, lanes: lanes() }, terms)),
      ckksOpen: () => opponent.decrypt(sum, PARAMETERS),
      open: () => open(masked),
      openBare: () => openBare(bare),
    },
    { clock: 'cpu' },
  );
  const perMillion = (name) => `${rounded((seconds[name] * 1000 * 2 ** 20) / PARAMETERS)} ms`;
  return [
    ratio(
      'encryptSpeedupVsCkks',
      seconds.ckksEncrypt / seconds.encrypt,
      5,
      `${perMillion('encrypt')} for ${perMillion('ckksEncrypt')}, check values included`,
    ),
    ratio('sealSpeedupVsCkks', seconds.ckksEncrypt / seconds.seal, 4, `${perMillion('seal')}, quantised and with 7 pair masks`),
    ratio(
      'openSpeedupVsCkks',
      seconds.ckksOpen / seconds.open,
      2.5,
      `${perMillion('open')} for ${perMillion('ckksOpen')}, 8 self-masks taken off`,
    ),
    ratio('openSpeedupVsCkksWithoutMasks', seconds.ckksOpen / seconds.openBare, 4, perMillion('openBare')),
  ];
}

async function threads() {
  const { keys, lanes, masksOf } = await consortium(SITES, 4 * PARAMETERS);
  const masks = masksOf(0);
  const terms = [{ key: masks.self, sign: 1 }, ...masks.pairs];
  const workers = new SiteWorkers({ threads: 2 });
  try {
    const seal = (more) => () => consumed(sealedPieces({ ...keys, lanes: lanes(), ...more }, terms));
    const seconds = await alternate({ one: seal({}), two: seal({ workers }) }, { rounds: 5, warmUp: 2 });
    return [ratio('threadsSpeedup', seconds.one / seconds.two, 1.8, 'quantise, 7 masks, encrypt; two workers against the calling thread')];
  } finally {
    await workers.close();
  }
}

async function sizes({ folder }) {
  const round = await consortium(SITES, MILLION);
  const uploads = await sealedUploads(folder, round);
  const path = await fold(folder, 'million', uploads, round.parameters);
  const perParameter = async (file) => rounded((await stat(file)).size / MILLION);
  const [up, down] = [await perParameter(uploads[0]), await perParameter(path)];
  return [
    { figure: 'uploadBytesPerParameter', value: up, unit: 'bytes', goal: atMost(4.1, up) },
    { figure: 'downloadBytesPerParameter', value: down, unit: 'bytes', goal: atMost(8.2, down) },
  ];
}

async function fold(folder, name, uploads, parameters) {
  const output = join(folder, `fold-${name}`);
  await foldUploads({ uploads, output, parameters, keyEpoch: KEY_EPOCH });
  return output;
}

async function consumed(pieces) {
  let bytes = 0;
  for await (const piece of pieces) bytes += piece.length;
  return bytes;
}

function ratio(figure, value, goal, note) {
  return { figure, value: rounded(value), unit: 'times', goal: atLeast(goal, value), note };
}
