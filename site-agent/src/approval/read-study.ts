import { ConsiliumError, readSpecification, type ResolvedStudy } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import type { StoredStudy } from '../state/index.js';

/**
 * The study behind stored bytes, every derived value computed again here and compared.
 * @throws ConsiliumError INVALID_STUDY, exit 6
 */
export function readStoredStudy({ specification }: Pick<StoredStudy, 'specification'>): ResolvedStudy {
  try {
    return readSpecification(specification, sealParameters);
  } catch (error) {
    // A study that this version cannot even resolve is as little to be trusted as one that differs.
    if (error instanceof ConsiliumError && error.code === 'INVALID_STUDY') throw error;
    throw new ConsiliumError({
      code: 'INVALID_STUDY',
      errorClass: 'verification',
      message: 'The study specification is not one that this version can run.',
      fix: 'Ask the researcher to check it (consilium study check) and to propose it again.',
      cause: error,
    });
  }
}
