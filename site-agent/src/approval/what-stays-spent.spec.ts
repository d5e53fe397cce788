import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { StudyHash } from '@consilium/protocol';
import type { SiteState } from '../state/index.js';
import { whatStaysSpent } from './what-stays-spent.js';

const study = 'ab'.repeat(32) as StudyHash;
const uploads = (rounds: readonly number[]): SiteState => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE study_upload (study TEXT, round INTEGER)');
  for (const round of rounds) database.prepare('INSERT INTO study_upload VALUES (?, ?)').run(study, round);
  return { database } as SiteState;
};

it('says what a study took of the budget, rounded up, and that epsilon is of all studies together', () => {
  const budget = { population: 'heart', releases: 3, percentSpent: 15.61, epsilonSpent: 1.68271, epsilonLimit: 3 };
  const { rounds, sentence } = whatStaysSpent(uploads([1, 1, 2]), study, budget);
  expect(rounds).toBe(2);
  expect(sentence).toContain('contributions to 2 rounds.');
  expect(sentence).toContain('3 releases of this study; with all studies 15.7 % of the limit is spent, epsilon 1.6828 of 3.');
});

it('says nothing of a budget that the study has none in', () => {
  expect(whatStaysSpent(uploads([]), study, undefined)).toMatchObject({
    budget: null,
    sentence: expect.stringContaining('nothing is spent') as string,
  });
});
