import type { Algorithm } from './algorithm.js';
import type { CohortSchema } from './cohort-schema.js';
import { augmentationProblems } from './augmentation.js';
import { encodedColumns, inputShape } from './encoded-columns.js';
import { fineTuningProblems } from './fine-tuning.js';
import { layerTensors, modelLayers, type Layer } from './layers.js';
import { privateBytes, trainingBytes } from './model-memory.js';
import { localLayerProblems } from './local-layer-problems.js';
import { outcomesOf, type Model } from './model.js';
import { isPatientMode, type PrivacyMode } from './privacy.js';
import { levelWeightProblems } from './record-weights.js';
import type { StudyProblem } from './study-problem.js';
import { trainedTensorProblems } from './trained-tensors.js';
import { parameterCount } from './tensor-shape.js';

/** Whether a model, its outcome, its inputs and what its algorithm says of layers fit each other and the privacy mode. */
export function modelProblems(parts: {
  readonly cohort: CohortSchema;
  readonly model: Model;
  readonly algorithm: Algorithm;
  readonly mode: PrivacyMode;
}): readonly StudyProblem[] {
  const { cohort, model, algorithm } = parts;
  const shape = outcomeProblems(model, cohort);
  if (shape.length > 0) return shape;
  const layers = modelLayers(model, inputShape(encodedColumns(cohort)), cohort.outcome);
  const mixing = isPatientMode(parts.mode) ? mixingProblems(parts, layers) : [];
  return [
    ...emptyImages(layers),
    ...sizeProblems(layers, parts.mode),
    ...localLayerProblems(algorithm, layers, parts.mode),
    ...trainedTensorProblems(parts, layers),
    ...levelWeightProblems(cohort, algorithm),
    ...augmentationProblems(algorithm, layers),
    ...fineTuningProblems(algorithm, parts.mode),
    ...mixing,
  ];
}

function outcomeProblems(model: Model, { outcome, ...cohort }: CohortSchema): readonly StudyProblem[] {
  const problems: StudyProblem[] = [];
  const wanted = outcomesOf(model.type);
  if (wanted && !wanted.includes(outcome.type))
    problems.push([['model', 'type'], `${model.type} learns an outcome of type ${wanted.join(' or ')}, and this one is ${outcome.type}`]);
  if (outcome.type === 'survival' && model.type === 'cox-regression' && outcome.intervals)
    problems.push([['cohort', 'outcome', 'intervals'], 'cox-regression has none: leave them out, or take discrete-time-survival']);
  if (outcome.type === 'survival' && model.type === 'discrete-time-survival' && !outcome.intervals)
    problems.push([['cohort', 'outcome', 'intervals'], 'the upper ends of the intervals of discrete-time-survival']);
  const input = inputShape(encodedColumns(cohort));
  if (model.type === 'convolutional-network' && input.kind !== 'image')
    problems.push([['cohort', 'inputs'], 'one image and nothing else, for a convolutional-network']);
  return problems;
}

/** Beyond it neither a sealed sum nor an entry in a ledger holds the model. */
const MOST_PARAMETERS = 1_000_000_000;
/** What one record may need while a site trains: more is a mistake in the study, not a large hospital. */
const MOST_BYTES_A_RECORD = 8 * 2 ** 30;

/** What WebAssembly can address, and the private step runs in it. */
const MOST_PRIVATE_BYTES = 4 * 2 ** 30;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function sizeProblems(layers: readonly Layer[], mode: PrivacyMode): readonly StudyProblem[] {
  const parameters = parameterCount(layers.flatMap(layerTensors));
  if (parameters > MOST_PARAMETERS)
    return [
      [
        ['model'],
        `at most ${MOST_PARAMETERS} parameters: this model has ${parameters}, and would need about ${gibibytes(trainingBytes(layers, parameters, 1))} of memory at each site`,
      ],
    ];
  const step = isPatientMode(mode) ? privateBytes(layers, parameters) : 0;
  if (step > MOST_PRIVATE_BYTES)
    return [
      [
        ['model'],
        `smaller layers: in mode ${mode} a step needs about ${gibibytes(step)} of memory at once, at most ${gibibytes(MOST_PRIVATE_BYTES)}`,
      ],
    ];
  const record = trainingBytes(layers, 0, 1);
  if (record <= MOST_BYTES_A_RECORD) return [];
  return [
    [
      ['model'],
      `smaller layers: one record needs about ${gibibytes(record)} of memory while a site trains, at most ${gibibytes(MOST_BYTES_A_RECORD)}`,
    ],
  ];
}

function emptyImages(layers: readonly Layer[]): readonly StudyProblem[] {
  const empty = layers.find((layer) => layer.kind === 'pool' && (layer.output.height === 0 || layer.output.width === 0));
  return empty ? [[['model', 'blocks'], 'fewer pooling steps: the image becomes smaller than one place']] : [];
}

/** What lets one patient's data change what another's contribute has no bound per patient (PROTOCOL.md section 6; field case TRN-3). */
function mixingProblems(
  { model, cohort }: { readonly model: Model; readonly cohort: CohortSchema },
  layers: readonly Layer[],
): readonly StudyProblem[] {
  const problems: StudyProblem[] = [];
  const mixing = layers.find((layer) => layer.kind === 'batchNorm');
  if (mixing?.kind === 'batchNorm') {
    const images = model.type === 'convolutional-network';
    problems.push([
      ['model', images ? 'blocks' : 'norm'],
      `${mixing.name} is batch normalisation, which mixes patients: take norm: ${images ? 'group' : 'layer'}`,
    ]);
  }
  if (cohort.outcome.type === 'survival' && !cohort.outcome.intervals)
    problems.push([['model', 'type'], 'risk sets mix patients: take discrete-time-survival and cohort.outcome.intervals']);
  return problems;
}
