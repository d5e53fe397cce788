import fc from 'fast-check';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { tabularPrivate } from '../../../../cli/templates/tabular-private.js';
import { readText, valueAt, withValue } from './study-text.js';

const study = readText(tabularPrivate('heart-lr'));

describe('a study in form and text', () => {
  it('keeps comments and every other field when one field is changed', () => {
    const changed = withValue(study, ['privacy', 'noiseMultiplier'], 12.5);
    expect(changed).toContain('noiseMultiplier: 12.5 # in units of one patient');
    expect(parse(changed)).toEqual({
      ...(parse(study.text) as object),
      privacy: { ...(parse(study.text) as { privacy: object }).privacy, noiseMultiplier: 12.5 },
    });
  });

  it('reads back what was written, whatever it is', () => {
    const value = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(value, (given) => {
        const again = valueAt(readText(withValue(study, ['population'], given)), ['population']);
        expect(again).toEqual(Object.is(given, -0) ? 0 : given);
      }),
      { numRuns: 50 },
    );
  });

  it('makes a field that was not there, and takes it out with what held only it', () => {
    const made = withValue(study, ['ethics', 'board'], 'UMC IRB');
    expect(valueAt(readText(made), ['ethics', 'board'])).toBe('UMC IRB');
    expect(parse(withValue(readText(made), ['ethics', 'board'], undefined))).toEqual(parse(study.text));
  });

  it('says where a text is no YAML', () => {
    expect(readText('name: a\nprivacy: {').broken?.line).toBe(2);
  });
});
