import { encodeNumber, type CohortSchema } from '@consilium/protocol';
import type { Reading } from './cell-reader.js';

/**
 * Writes one row's inputs in the order of `encodedColumns`: (x − center) / scale, one 0/1 column per level but the
 * first, then the missing flag. Images are not written: they stand behind all others, and come from the shelf. The readings are free of faults, and missing only where the study has a stand-in.
 */
export function rowEncoder(schema: CohortSchema): (readings: readonly Reading[], write: (value: number) => void) => void {
  const inputs = schema.inputOrder.flatMap((name) => schema.inputs[name] ?? []);
  return (readings, write) => {
    for (const [index, input] of inputs.entries()) {
      const reading = readings[index];
      if (input.type === 'image') continue;
      if (input.type === 'category') {
        const level = reading?.kind === 'level' ? reading.level : input.impute;
        for (const other of input.levels.slice(1)) write(other === level ? 1 : 0);
      } else {
        const value = reading?.kind === 'number' ? reading.value : (input.impute ?? input.center);
        write(encodeNumber(input, value));
      }
      if (input.missingFlag) write(reading?.kind === 'missing' ? 1 : 0);
    }
  };
}
