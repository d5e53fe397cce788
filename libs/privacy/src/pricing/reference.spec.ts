import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REFERENCE_CASES, REFERENCE_FILE } from '../../test/reference-cases.js';
import { priceEvents } from './price-events.js';

const reason = REFERENCE_FILE ? '' : ' [skipped: no dp-reference/dp_accounting.json in CONSILIUM_DATA or ../shared/data]';

describe.skipIf(!REFERENCE_FILE)(`beside Google's dp_accounting${reason}`, () => {
  const prices = REFERENCE_FILE ? priceEvents(JSON.parse(readFileSync(REFERENCE_FILE, 'utf8'))) : [];
  const compared = REFERENCE_CASES.map((reference, index) => {
    const { rdp, pld } = prices[index] ?? { rdp: Number.NaN, pld: Number.NaN };
    return { ...reference, ours: { rdp: Number(rdp), pld: Number(pld) } };
  });
  const sampled = compared.filter(({ kind }) => kind === 'sampledGaussian');
  const whole = compared.filter(({ kind }) => kind === 'gaussian');

  it('answers every case', () => expect(prices).toHaveLength(REFERENCE_CASES.length));

  it('RDP of sampled steps is never below by more than 1e-5, and at most 9% above for an epsilon below 10', () => {
    for (const { rdp, ours, ...reference } of sampled) {
      expect(ours.rdp / rdp, JSON.stringify(reference)).toBeGreaterThan(1 - 1e-5);
      if (rdp < 10) expect(ours.rdp / rdp, JSON.stringify(reference)).toBeLessThan(1.09);
    }
  });

  it('RDP of whole steps is tighter than on a grid of orders, and never below the privacy-loss distribution', () => {
    for (const { rdp, pld, ours, ...reference } of whole) {
      expect(ours.rdp, JSON.stringify(reference)).toBeGreaterThan(pld ?? 0);
      expect(ours.rdp, JSON.stringify(reference)).toBeLessThan(rdp * (1 + 1e-5));
    }
  });

  it('PLD lies between −0.01% and +0.2% wherever there is a reference, and below RDP everywhere', () => {
    for (const { pld, ours, ...reference } of compared) {
      expect(ours.pld, JSON.stringify(reference)).toBeLessThanOrEqual(ours.rdp);
      if (pld === undefined) continue;
      expect(ours.pld / pld, JSON.stringify(reference)).toBeGreaterThan(1 - 1e-4);
      expect(ours.pld / pld, JSON.stringify(reference)).toBeLessThan(1 + 2e-3);
    }
  });
});
