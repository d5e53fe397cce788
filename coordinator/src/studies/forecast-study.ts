import { ConsiliumError, parseYaml, resolveStudy, StudyFile, studyHash, studySpecification, type ResolvedStudy } from '@consilium/protocol';
import { odds } from '@consilium/privacy';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { epsilonOf } from '../http/epsilon.js';
import { pointerOf } from '../http/problem.js';
import type { StudyForecast } from '../http/reading-views.js';
import { sitesThatFit, type SiteView } from '../sites/index.js';
import { studyPrice } from './study-price.js';

const NOTHING: StudyForecast = {
  ok: false,
  problems: [],
  hash: null,
  epsilon: null,
  odds: null,
  rounds: null,
  parameterCount: null,
  uploadBytes: null,
  uploadBytesInAll: null,
  sites: [],
};

/** What a text comes to as a study. Never throws for what is in it: somebody is still writing. */
export function forecastOf(yaml: string, sites: readonly SiteView[]): StudyForecast {
  try {
    return ofStudy(resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters), sites);
  } catch (error) {
    return { ...NOTHING, problems: problemsOf(error) };
  }
}

function ofStudy(study: ResolvedStudy, sites: readonly SiteView[]): StudyForecast {
  const price = studyPrice(study);
  const { sums, parameterCount } = study.derived;
  const { rounds } = study.algorithm;
  const problems = price === undefined ? [] : overspent(study, price.promise);
  return {
    ok: problems.length === 0,
    problems: [...problems],
    hash: studyHash(studySpecification(study)),
    epsilon: price
      ? { promise: epsilonOf(price.promise), ifAllOthersCollude: epsilonOf(price.ifAllOthersCollude), delta: price.delta }
      : null,
    odds: price ? odds(price.promise).sentence : null,
    rounds,
    parameterCount,
    uploadBytes: sums.train.uploadBytes,
    // The last round only evaluates.
    uploadBytesInAll: rounds * sums.train.uploadBytes + sums.evaluate.uploadBytes,
    sites: [...sitesThatFit(study, sites)],
  };
}

function overspent({ privacy }: ResolvedStudy, epsilon: number): StudyForecast['problems'] {
  if (privacy.mode === 'none' || privacy.epsilonMax === undefined || epsilon <= privacy.epsilonMax) return [];
  return [
    {
      pointer: '#/privacy/epsilonMax',
      detail: `The study is forecast to cost epsilon ${epsilonOf(epsilon).value}; its own limit is ${privacy.epsilonMax}.`,
      fix: 'Raise privacy.noiseMultiplier, or take fewer rounds, a lower sampling rate or fewer metrics.',
    },
  ];
}

function problemsOf(error: unknown): StudyForecast['problems'] {
  if (!(error instanceof ConsiliumError)) return [{ pointer: '#', detail: 'The text cannot be read as a study.', fix: null }];
  if (error.problems.length === 0) return [{ pointer: '#', detail: error.message, fix: error.fix }];
  return error.problems.map(({ path, detail, fix }) => ({ pointer: pointerOf(path), detail, fix: fix ?? null }));
}
