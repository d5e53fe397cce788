import { readFile } from 'node:fs/promises';
import type { Forecast } from '@consilium/privacy';
import {
  ConsiliumError,
  parseYaml,
  resolveStudy,
  StudyFile,
  studyHash,
  studySpecification,
  type ResolvedStudy,
  type StudyHash,
} from '@consilium/protocol';

export interface CheckedStudy {
  readonly yaml: string;
  readonly study: ResolvedStudy;
  readonly hash: StudyHash;
  /** Absent in mode `none`, which promises nothing. */
  readonly price: Forecast | undefined;
}

/** Reads and resolves a study file on this machine, as the coordinator and every site will. @throws ConsiliumError */
export async function checkStudyFile(path: string): Promise<CheckedStudy> {
  const yaml = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConsiliumError({
      code: 'FILE_MISSING',
      errorClass: 'usage',
      message: `The study file ${path} cannot be read.`,
      fix: 'Check the path, or begin one: consilium study new NAME --template tabular-private.',
      cause,
    });
  });
  // Loaded here, because no other command needs it.
  const { sealParameters } = await import('@consilium/sealed-sum/parameters');
  const study = resolveStudy(parseYaml(yaml, StudyFile, `study file ${path}`), sealParameters);
  const { requireAffordable } = await import('@consilium/privacy');
  const price = requireAffordable(study);
  return { yaml, study, price, hash: studyHash(studySpecification(study)) };
}

/** What a study comes to, in numbers. Bytes are those of one site. */
export function studyFigures({ study, hash, price }: CheckedStudy) {
  const { thresholds, sums, parameterCount } = study.derived;
  const { rounds } = study.algorithm;
  return {
    hash,
    name: study.name,
    cohort: study.cohort.name,
    rounds,
    parameterCount,
    inputs: study.derived.columns.map((column) => column.name),
    thresholds: { ...thresholds },
    privacy:
      price === undefined
        ? { mode: study.privacy.mode }
        : {
            mode: study.privacy.mode,
            delta: price.delta,
            promise: { ...price.promise },
            inOdds: price.promiseInOdds.sentence,
            ifAllOthersCollude: { ...price.ifAllOthersCollude },
          },
    uploadBytes: sums.train.uploadBytes,
    downloadBytes: sums.train.foldBytes,
    // The last round only evaluates.
    uploadBytesInAll: rounds * sums.train.uploadBytes + sums.evaluate.uploadBytes,
    downloadBytesInAll: rounds * sums.train.foldBytes + sums.evaluate.foldBytes,
    sealing: {
      scheme: sums.train.scheme,
      degree: sums.train.degree,
      laneBits: sums.train.laneBits,
      lanes: sums.train.lanes,
      levels: sums.train.levels,
      blocks: sums.train.blocks,
    },
  };
}
