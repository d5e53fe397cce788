import type { Forecast } from '@consilium/privacy';
import { parseYaml, resolveStudy, StudyFile, studyHash, studySpecification, type ResolvedStudy, type StudyHash } from '@consilium/protocol';
import { budgetFigures, type KnownBudget } from './known-budgets.js';
import { plannedLines, planStudy, type PlannedLine } from './plan-study.js';
import { readGivenFile } from './read-given-file.js';
import type { StudyWish } from './study-wish.js';

export interface WrittenStudy {
  readonly yaml: string;
  readonly file: StudyFile;
}

export interface CheckedStudy {
  /** As it stands in the file, or with the planned lines in it. */
  readonly yaml: string;
  readonly study: ResolvedStudy;
  readonly hash: StudyHash;
  /** Absent in mode `none`, which promises nothing. */
  readonly price: Forecast | undefined;
  /** What is to be written into the file for all this to be true of it. */
  readonly lines: readonly PlannedLine[];
  readonly budgets: ReturnType<typeof budgetFigures>;
  /** How many of the other sites must cosign what a site pays before a round; absent in mode `none`. */
  readonly witnesses: { readonly needed: number; readonly of: number } | undefined;
}

/** @throws ConsiliumError FILE_INVALID, INVALID_FILE */
export async function readStudyFile(path: string): Promise<WrittenStudy> {
  const fix = 'Check the path, or begin one: consilium study new NAME --template tabular-private.';
  const yaml = (await readGivenFile(path, fix)).toString('utf8');
  return { yaml, file: parseYaml(yaml, StudyFile, `study file ${path}`) };
}

/** Reads and resolves a study file on this machine, as the coordinator and every site will. @throws ConsiliumError */
export async function checkStudyFile(path: string): Promise<CheckedStudy> {
  return await checkStudy(await readStudyFile(path));
}

/**
 * What a study comes to, as it is written or as the wish would have it.
 * @param budgets - limits that are known; a study that one of them would stop for sure is refused
 * @throws ConsiliumError EPSILON_MAX, BUDGET_EXHAUSTED, EPSILON_UNREACHABLE, and what `resolveStudy` refuses
 */
export async function checkStudy(
  { yaml, file }: WrittenStudy,
  wish: StudyWish = {},
  budgets: readonly KnownBudget[] = [],
): Promise<CheckedStudy> {
  // Loaded here, because no other command needs them.
  const { sealParameters } = await import('@consilium/sealed-sum/parameters');
  const { requireAffordable, requireRoom } = await import('@consilium/privacy');
  const { witnessQuorum } = await import('@consilium/ledger');
  const deciding = budgets.filter(({ decides }) => decides).map(({ ledger }) => ledger);
  const planned = planStudy(file, wish, deciding, sealParameters);
  const study = resolveStudy(planned, sealParameters);
  const price = requireAffordable(study);
  for (const ledger of deciding) requireRoom(planned, study, ledger, sealParameters);
  const lines = plannedLines(file, planned);
  const others = study.sites.names.length - 1;
  return {
    yaml: lines.length === 0 ? yaml : JSON.stringify(planned),
    study,
    hash: studyHash(studySpecification(study)),
    price,
    lines,
    budgets: budgetFigures(study, budgets),
    witnesses: price === undefined ? undefined : { needed: witnessQuorum(others), of: others },
  };
}

/** What a study comes to, in numbers. Bytes are those of one site. */
export function studyFigures({ study, hash, price, lines, budgets, witnesses }: CheckedStudy) {
  const { thresholds, sums, parameterCount } = study.derived;
  const { rounds } = study.algorithm;
  return {
    hash,
    toWrite: lines.map((line) => ({ ...line })),
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
    witnesses: witnesses === undefined ? null : { ...witnesses },
    budgets,
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
