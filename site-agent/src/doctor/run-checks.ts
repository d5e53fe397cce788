import { ConsiliumError } from '@consilium/protocol';
import { fail, notRun, type Check, type Finding, type Found } from './finding.js';

/** No check takes longer; what has not answered by then is said to have failed. */
export const CHECK_MS = 15_000;

/**
 * Runs checks one after the other, each within its limit; one that needs another that did not succeed is not run. An
 * error that a check lets through is a finding, never the end of the others.
 */
export async function runChecks(checks: readonly Check[], limitMs = CHECK_MS): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const missing = check.needs?.find((name) => findings.some((one) => one.check === name && !isGood(one)));
    const began = performance.now();
    const found = missing === undefined ? await within(limitMs, check) : notRun(`needs ${missing}`);
    findings.push(findingOf(check, found, Math.round(performance.now() - began)));
  }
  return findings;
}

const isGood = ({ result }: Finding): boolean => result === 'ok' || result === 'warn';

async function within(limitMs: number, check: Check): Promise<Found> {
  const { promise: over, resolve } = Promise.withResolvers<Found>();
  const timer = setTimeout(
    () =>
      resolve(
        fail(
          'CHECK_TIMEOUT',
          `no answer within ${limitMs / 1000} s`,
          'Run the check again; if it stays so, look at what it waits for.',
          'site IT',
        ),
      ),
    limitMs,
  );
  try {
    return await Promise.race([Promise.resolve().then(() => check.look()), over]);
  } catch (error) {
    return failed(error);
  } finally {
    clearTimeout(timer);
  }
}

/** What is not ours says nothing but the system's code. */
function failed(error: unknown): Found {
  if (error instanceof ConsiliumError) return fail(error.code, error.message, error.fix, 'site IT');
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
  return fail('CHECK_FAILED', `the check itself failed (${code})`, 'Report this as a defect of consilium-site.', 'site IT');
}

function findingOf({ name, group }: Check, found: Found, ms: number): Finding {
  const told = found.result === 'ok' || found.result === 'not run' ? { code: null, fix: null, who: null } : found;
  return { check: name, group, result: found.result, code: told.code, evidence: found.evidence, fix: told.fix, who: told.who, ms };
}
