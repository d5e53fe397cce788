import { SiteName, type Statement } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { MetricsPoint } from '../http/metrics-views.js';
import { launched, sitesNamed, testStudy, TestWorld } from '../rounds/builders.js';
import type { StudyEvent } from '../rounds/study-event.js';
import { metricsCurve } from './metrics-curve.js';

const everybody = sitesNamed('a', 'b', 'c', 'd');
const [a, b, c] = [SiteName.parse('a'), SiteName.parse('b'), SiteName.parse('c')];
const TOTALS = {
  trainPatients: '100',
  trainLoss: String(50 * 2 ** 20),
  testPatients: '40',
  testLoss: null,
  truePositives: '15',
  trueNegatives: '15',
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
      totals: TOTALS,
    });
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
