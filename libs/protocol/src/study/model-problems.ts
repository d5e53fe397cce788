import type { CohortSchema } from './cohort-schema.js';
import { encodedColumns, inputShape } from './encoded-columns.js';
import { modelLayers, type Layer } from './layers.js';
import { outcomesOf, type Model } from './model.js';
import { isPatientMode, type PrivacyMode } from './privacy.js';

export type StudyProblem = readonly [path: string[], message: string];

/** Whether a model, its outcome and its inputs fit each other and the privacy mode. */
export function modelProblems(parts: {
  readonly cohort: CohortSchema;
  readonly model: Model;
  readonly mode: PrivacyMode;
}): readonly StudyProblem[] {
  const { cohort, model } = parts;
  const shape = outcomeProblems(model, cohort);
  if (shape.length > 0) return shape;
  const layers = modelLayers(model, inputShape(encodedColumns(cohort)), cohort.outcome);
  return [...emptyImages(layers), ...mixingProblems(parts, layers)];
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

function emptyImages(layers: readonly Layer[]): readonly StudyProblem[] {
  const empty = layers.find((layer) => layer.kind === 'pool' && (layer.output.height === 0 || layer.output.width === 0));
  return empty ? [[['model', 'blocks'], 'fewer pooling steps: the image becomes smaller than one place']] : [];
}

/** What lets one patient's data change what another's contribute has no bound per patient (PROTOCOL.md section 6; field case TRN-3). */
function mixingProblems(
  { model, mode, cohort }: { readonly model: Model; readonly mode: PrivacyMode; readonly cohort: CohortSchema },
  layers: readonly Layer[],
): readonly StudyProblem[] {
  if (!isPatientMode(mode)) return [];
  const problems: StudyProblem[] = [];
  const mixing = layers.find((layer) => layer.kind === 'batchNorm');
  if (mixing?.kind === 'batchNorm')
    problems.push([
      ['model', model.type === 'convolutional-network' ? 'blocks' : 'norm'],
      `${mixing.name} is batch normalisation, which mixes patients: take ${model.type === 'convolutional-network' ? 'norm: group' : 'norm: layer'}`,
    ]);
  if (cohort.outcome.type === 'survival' && !cohort.outcome.intervals)
    problems.push([['model', 'type'], 'risk sets mix patients: take discrete-time-survival and cohort.outcome.intervals']);
  return problems;
}
