import { parseYaml } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { CohortSource } from './cohort-source.js';

const read = (text: string) => parseYaml(text, CohortSource, 'site.yaml');

describe('a source in site.yaml', () => {
  it('is a type and a path, the rest as far as it is not plain', () => {
    expect(read('{ type: csv, path: "/data/heart/*.csv", missingCodes: { chol: [0, -9, NA] } }')).toEqual({
      type: 'csv',
      path: '/data/heart/*.csv',
      missingCodes: { chol: ['0', '-9', 'NA'] },
    });
    expect(
      read('{ type: csv, path: [a.csv, b.csv], encoding: windows-1252, separator: "\\t", decimal: ",", thousands: "." }'),
    ).toMatchObject({
      separator: '\t',
    });
  });

  it('names the nearest field for an unknown one', () => {
    expect(() => read('{ type: csv, path: a.csv, seperator: ";" }')).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ fix: 'Did you mean "separator"?' })] }),
    );
  });

  it.each(['encoding: utf8', 'separator: ab', 'separator: a', 'decimal: ";"', 'decimal: ",", thousands: ","', 'thousands: "_"'])(
    'refuses %s',
    (field) => expect(() => read(`{ type: csv, path: a.csv, ${field} }`)).toThrow(expect.objectContaining({ code: 'INVALID_FILE' })),
  );
});
