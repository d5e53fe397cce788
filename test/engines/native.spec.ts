import { describe, expect, it } from 'vitest';
import { nativeAbsent } from '../../libs/learning/src/engine/load-native.js';
import { UNSUPPORTED_OPERATIONS } from '../../libs/learning/src/engine/unsupported-operations.js';
import { complaints, computeOn } from './differential.js';

const reason = nativeAbsent();

describe.skipIf(reason !== undefined)(
  `the native engine${reason === undefined ? '' : ` (skipped: ${reason}; npm run engine:native)`}`,
  () => {
    it('computes what the cpu backend and the 64-bit loops compute, or says that it cannot', async () => {
      const [cpu, native] = await Promise.all([computeOn('cpu'), computeOn('native')]);
      const known = UNSUPPORTED_OPERATIONS.native.flatMap(({ messages }) => messages);
      expect(complaints(native, cpu).filter((complaint) => !known.some((message) => complaint.includes(message)))).toEqual([]);
    });

    it('gives the same bits again in another process', async () => {
      const [first, second] = await Promise.all([computeOn('native'), computeOn('native')]);
      expect(second.results).toEqual(first.results);
    });
  },
);
