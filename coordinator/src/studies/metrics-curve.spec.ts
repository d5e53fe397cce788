import { SiteName, type Statement } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { LatestMetrics, MetricsPoint } from '../http/metrics-views.js';
import { launched, sitesNamed, testStudy, TestWorld } from '../rounds/builders.js';
import type { StudyEvent } from '../rounds/study-event.js';
import { latestMetrics, metricsCurve } from './metrics-curve.js';

const everybody = sitesNamed('a', 'b', 'c', 'd');
const [a, b, c] = [SiteName.parse('a'), SiteName.parse('b'), SiteName.parse('c')];
const TOTALS = {
  trainPatients: '100',
  trainLoss: String(50 * 2 ** 20),
  testPatients: '40',
  testLoss: null,
  truePositives: '15',
  trueNegatives: '15',
  correct: '30',
  wrong: '10',
  positives: '20',
  negatives: '20',
  rocHalves: '600',
  falsePositives: '5',
  falseNegatives: '5',
};

function signed(site: SiteName, round: number, totals: Statement<'metrics'>['totals'] = TOTALS, contributors = everybody): StudyEvent {
  const statement = { consortium: 'test', study: '', site, round, stateHmac: '', contributors, totals };
  return { type: 'metricsSigned', site, round, statement: { json: JSON.stringify(statement), signature: '00' }, totals };
}

const curveOf = (...events: readonly StudyEvent[]) => metricsCurve(launched(new TestWorld(testStudy())).happen(...events).state);

/** PROTOCOL.md section 4, "Metrics": with four sites and one that may lie, two must say the same. */
describe('the curve', () => {
  it('shows nothing that only as many sites signed as may lie', () => {
    expect(curveOf(signed(a, 1))).toEqual([]);
  });

  it('shows what one more signed alike, as rates of totals, about the state before the round', () => {
    const [point] = curveOf(signed(a, 1), signed(b, 1));
    expect(MetricsPoint.parse(point)).toEqual({
      round: 0,
      contributors: everybody,
      trainLoss: 0.5,
      testLoss: null,
      accuracy: 0.75,
      figures: { trainLoss: 0.5, accuracy: 0.75, sensitivity: 0.75, specificity: 0.75, positivePredictiveValue: 0.75, auroc: 0.75 },
      totals: TOTALS,
    });
  });

  it('says of the last state why a figure has no value, and never NaN', () => {
    const { state } = launched(new TestWorld(testStudy())).happen(signed(a, 1), signed(b, 1));
    const latest = LatestMetrics.parse(JSON.parse(JSON.stringify(latestMetrics(state))));
    expect(latest).toMatchObject({ round: 0, support: 40, calibration: [], subgroups: [] });
    expect(latest.figures.find(({ name }) => name === 'testLoss')).toEqual({
      name: 'testLoss',
      value: null,
      standardError: null,
      reason: 'not shown: fewer than 10 patients would be seen',
    });
    expect(latest.figures.find(({ name }) => name === 'auroc')?.standardError).toBeCloseTo(0.08, 2);
  });

  it('shows nothing where sites that signed do not agree, on the totals or on whose they are', () => {
    expect(curveOf(signed(a, 1), signed(b, 1, { ...TOTALS, trainLoss: '1' }))).toEqual([]);
    expect(curveOf(signed(a, 1), signed(b, 1, TOTALS, sitesNamed('a', 'b', 'c')))).toEqual([]);
  });

  it('is not moved by a site that says something else', () => {
    const [point] = curveOf(signed(a, 1, { ...TOTALS, trainLoss: '1' }), signed(b, 1), signed(c, 1));
    expect(point?.trainLoss).toBe(0.5);
  });

  it('does not count the words of one round for another', () => {
    expect(curveOf(signed(a, 1), signed(b, 2))).toEqual([]);
  });

  it('has its points in the order of rounds, whenever they were signed, and gaps where nothing was', () => {
    const both = (round: number) => [signed(a, round), signed(b, round)];
    expect(curveOf(...both(3), ...both(1)).map(({ round }) => round)).toEqual([0, 2]);
  });
});
