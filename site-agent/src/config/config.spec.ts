import { ConsiliumError } from '@consilium/protocol';
import { describe, expect, it } from 'vitest';
import { configuredCohort, loadConfig, parseConfig } from './index.js';

const MINIMAL = `site: st-elsewhere
coordinator: coord.heart.example:443
state: state
populations:
  heart: { patientId: pid }
cohorts:
  heart:
    population: heart
    source: { type: csv, path: "data/*.csv" }
`;
const parse = (text: string) => parseConfig(text, '/etc/consilium/site.yaml');
const refused = (text: string): ConsiliumError => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConsiliumError) return error;
    throw error;
  }
  throw new Error('was not refused');
};

describe('site.yaml', () => {
  it('fills in the defaults and takes relative paths from its own directory', () => {
    const config = parse(MINIMAL);
    expect(config).toMatchObject({
      site: 'st-elsewhere',
      coordinator: 'coord.heart.example:443',
      state: '/etc/consilium/state',
      policy: { modes: ['patient/distributed', 'patient/local'], minSites: 3, minPatients: 20, approval: 'every-version' },
      keyFiles: { allowGroupRead: false },
    });
    expect(config.metrics).toBeUndefined();
    expect(configuredCohort(config, 'heart')).toMatchObject({
      population: 'heart',
      patientId: 'pid',
      public: false,
      source: { path: '/etc/consilium/data/*.csv' },
    });
  });

  it('keeps absolute paths and a metrics address', () => {
    const config = parse(MINIMAL.replace('state: state', 'state: /var/lib/x') + 'telemetry: { metrics: "127.0.0.1:9465" }\n');
    expect(config).toMatchObject({ state: '/var/lib/x', metrics: '127.0.0.1:9465' });
  });

  it('refuses an unknown field with its line and the nearest name: exit 2', () => {
    const error = refused(`${MINIMAL}policy:\n  minSite: 3\n`);
    expect(error).toMatchObject({
      code: 'INVALID_FILE',
      exitCode: 2,
      message: 'site.yaml, line 11: policy.minSite: unknown field.',
      fix: 'Did you mean "minSites"?',
    });
  });

  it('names every problem, and never the value that stands there', () => {
    const error = refused(MINIMAL.replace('st-elsewhere', 'CANARY 1931-07').replace('population: heart', 'population: liver'));
    expect(error.problems.map(({ path }) => path)).toEqual(['line 1: site', 'line 8: cohorts.heart.population']);
    expect(refused(MINIMAL.replace('population: heart', 'population: liver'))).toMatchObject({
      message: 'site.yaml, line 8: cohorts.heart.population: not one of populations.',
    });
    expect(JSON.stringify(error.problems) + error.message).not.toContain('CANARY');
  });

  it.each(['minSites: 2', 'modes: [patient]', 'modes: []', 'minPatients: 0', 'approval: none'])('refuses policy %s', (rule) => {
    expect(refused(`${MINIMAL}policy: { ${rule} }\n`).exitCode).toBe(2);
  });

  it('takes the fastest engine where none is named, and refuses one that is not known', () => {
    expect(parse(MINIMAL).engine).toBe('auto');
    expect(parse(`${MINIMAL}engine: native\n`).engine).toBe('native');
    expect(refused(`${MINIMAL}engine: cuda\n`)).toMatchObject({ exitCode: 2, message: expect.stringContaining('engine') });
  });

  it('refuses a coordinator without a port', () => {
    expect(refused(MINIMAL.replace(':443', '')).message).toContain('line 2: coordinator');
  });

  it('says which cohorts there are when asked for another', () => {
    expect(() => configuredCohort(parse(MINIMAL), 'constructor')).toThrow(/no cohort named constructor/);
  });

  it('is missing: one sentence, exit 2', () => {
    expect(() => loadConfig('/nowhere/site.yaml')).toThrow(expect.objectContaining({ code: 'CONFIG_MISSING', exitCode: 2 }));
  });
});
