import { parseYaml, resolveStudy, StudyFile, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { noisyYaml, studyYaml } from '../../test/study-world.js';
import { saveApproval } from '../state/index.js';

const specificationOf = (yaml: string) => studySpecification(resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters));
const version = (from: string, to: string) => specificationOf(noisyYaml().replace(from, to));

const world = new CliWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

describe('study show', () => {
  it('says in a privacy card whose presence is hidden, with which numbers, and who may collude', async () => {
    const hash = world.propose(specificationOf(noisyYaml()));
    const { data } = await world.json(`study show ${hash}`);
    expect(data['privacy']).toMatchObject({
      mode: 'patient/distributed',
      unit: 'patient',
      clip: 1,
      sampling: 0.5,
      noiseMultiplier: 2,
      metricsNoiseMultiplier: 5,
      delta: 1e-4,
      trust: { countedSites: 2, colluders: 1, noiseLeftIfAllOthersCollude: 2 / Math.sqrt(2) },
    });
    const { stdout } = await world.run(`study show ${hash}`);
    for (const words of [
      'all records of one patient',
      'q = 0.5',
      'C = 1',
      'σ = 2',
      'Delta: 0.0001',
      'up to 1 of the other sites',
      'σ = 1.41',
    ])
      expect(stdout).toContain(words);
    expect(stdout).not.toContain('carry no noise');
  });

  it('names what changed since another version, and what that means for patients', async () => {
    const hash = world.propose(specificationOf(noisyYaml()));
    const less = world.propose(version('noiseMultiplier: 2', 'noiseMultiplier: 1.5'));
    const { stdout } = await world.run(`study show ${less} --diff ${hash.slice(0, 8)}`);
    expect(stdout).toContain('privacy.noiseMultiplier 2 → 1.5 (less noise: more is told of each patient)');
    const { data } = await world.json(`study show ${less} --diff ${hash}`);
    const { changes } = data['diff'] as { readonly changes: readonly { readonly path: string; readonly concern: string }[] };
    expect(changes.map(({ path }) => path)).toEqual(['derived.noise.variance', 'privacy.noiseMultiplier']);
    expect(changes.map(({ concern }) => concern)).toEqual(['privacy', 'privacy']);
  });

  it('finds nothing between a study and itself', async () => {
    const hash = world.propose(specificationOf(noisyYaml()));
    expect((await world.json(`study show ${hash} --diff ${hash}`)).data['diff']).toMatchObject({ changes: [] });
  });

  it('marks a version whose forerunner is the one that is approved here', async () => {
    const hash = world.propose(specificationOf(noisyYaml()));
    const next = world.propose(version('sampling: 0.5', 'sampling: 0.6'));
    expect((await world.json(`study show ${next}`)).data['stale']).toBeNull();
    approve(hash);
    expect((await world.json(`study show ${next}`)).data['stale']).toEqual({ approved: hash.slice(0, 8), current: next.slice(0, 8) });
    const { stdout } = await world.run(`study show ${next}`);
    expect(stdout).toContain('APPROVAL_STALE');
    expect(stdout).toContain(`--diff ${hash.slice(0, 8)}`);
  });

  it('lets no study paint on the terminal of the officer who reads it', async () => {
    const hash = world.propose(specificationOf(studyYaml(['a', 'b', 'c']).replace('A test', '"Fine\\u001b[2K\\u202Etrap\\u0008\\u009b"')));
    const { stdout } = await world.run(`study show ${hash}`);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(stdout).toContain('Fine\uFFFD[2K\uFFFDtrap\uFFFD\uFFFD');
  });
});

function approve(study: ReturnType<CliWorld['propose']>): void {
  world.inState((state) =>
    saveApproval(
      state,
      {
        consortium: 'heart.example',
        study,
        site: 'a' as never,
        decision: 'approve',
        release: 'ask',
        until: null,
        epsilonLimit: null,
        officer: null,
        agentVersion: '0.1.0',
        signedAt: new Date().toISOString(),
      },
      Buffer.alloc(64),
    ),
  );
}
