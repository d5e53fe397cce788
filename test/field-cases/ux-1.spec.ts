import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StudyView } from '../../coordinator/src/http/study-views.js';
import { loadConfig } from '../../site-agent/src/config/index.js';
import { connect } from '../../site-agent/src/connection/index.js';
import { loadKeys } from '../../site-agent/src/keys/index.js';
import { openState } from '../../site-agent/src/state/index.js';
import { asTheConsoleShows } from '../support/console-page.js';
import { eventually, inventedCsv, smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

/** Field case UX-1: everybody can see why a site is not in the round. */
const BLOCKERS = JSON.parse(readFileSync(join(import.meta.dirname, '../cases/ux-1/blockers.json'), 'utf8')) as readonly { id: string }[];
/** `must_be_named` as people read it here. */
const NAMED: Readonly<Record<string, RegExp>> = {
  'never-joined': /Never connected/,
  offline: /Last seen \d{4}-\d\d-\d\dT[\d:.]+Z/,
  'old-agent': /agent speaks version 0; 1 is needed/,
  'not-approved': /Waiting for approval at the site/,
  'approved-other': /approval is for another version of the specification/,
  'no-cohort': /Cohort heart is not offered/,
  schema: /schema differs: column x is missing or is not/,
  'too-small': /^(?!.*\d).*cohort is too small/,
  budget: /budget would be exceeded: .* to epsilon [\d.]+; the limit of the site is 0\.[\d]+/,
  mode: /Privacy mode none is not allowed by the site/,
  clock: /clock differs by 2 h/,
  disk: /not enough disk at the site/,
  busy: /Busy with another study, busy-one \([0-9a-f]{8}\), since \d{4}-/,
  key: /Waiting for the study key of epoch 0/,
};
const WITHIN_MS = 15_000;
const SITES = ['a', 'b', 'c', 'd'];
const privately = (yaml: string): string =>
  yaml
    .replace(/^algorithm:.*$/m, 'algorithm: { name: dp-sgd, rounds: 3, learningRate: 0.5 }')
    .replace(
      /^privacy:.*$/m,
      'privacy: { mode: patient/distributed, sampling: 0.5, clip: 1, noiseMultiplier: 6, delta: 1.0e-4 }\nmetrics: { every: 10, noiseMultiplier: 8 }',
    )
    .replace('sites: {', 'sites: { publicSizes: { a: 30, b: 30, c: 30 },');
const three = { sites: ['a', 'b', 'c'], refused: 'continue' } as const;

describe('UX-1: why a site is not in the round', () => {
  let small: SmallConsortium;
  const seen = new Set<string>();
  beforeAll(async () => {
    small = await smallConsortium({
      sites: SITES,
      members: ['a', 'b', 'c'],
      agents: false,
      shadow: false,
      privacy: { epsilonLimit: 5, delta: 1e-4, largerDelta: true },
      policy: { minPatients: 10, deltaMax: 1e-4 },
    });
    await small.consortium.api('POST', '/sites/invitations', { site: 'd' });
    await Promise.all(['a', 'b'].map(start));
  });
  afterAll(() => small.remove());

  const view = async (hash: string) => (await small.consortium.api('GET', `/studies/${hash}`)) as StudyView;
  const reasonsOf = async (hash: string, site: string) =>
    ((await view(hash)).sites.find((one) => one.site === site)?.reasons ?? []).map(({ sentence }) => sentence);
  /** Waits until the reasons are those and no others, all of them at once. */
  const expectTold = async (hash: string, site: string, ...ids: readonly string[]) => {
    let last: readonly string[] = [];
    const whole = async () => {
      last = await reasonsOf(hash, site);
      return last.length === ids.length && ids.every((id) => last.some((sentence) => NAMED[id]?.test(sentence))) ? true : undefined;
    };
    await eventually(whole, WITHIN_MS).catch(() => expect({ site, reasons: last }).toEqual({ site, reasons: ids }));
    for (const id of ids) seen.add(id);
  };
  /** The same words in all three places, and nobody left without a next step. */
  const expectEverywhere = async (hash: string) => {
    const study = await view(hash);
    const said = study.sites.flatMap(({ reasons }) => reasons);
    const printed = (await small.consortium.runConsilium('study', 'status', hash)).stdout;
    const shown = await asTheConsoleShows(study);
    for (const { sentence, whoCanAct } of said) {
      expect(whoCanAct).not.toBe('');
      for (const place of [printed, shown]) expect(place).toContain(sentence);
      // Approvals are asked for in one line for all sites.
      if (!whoCanAct.startsWith('An officer at')) expect(shown).toContain(whoCanAct);
    }
    for (const place of [printed, shown, JSON.stringify(study)]) expect(place).not.toMatch(/unknown|\?|\bNone\b|undefined|NaN/);
    return said;
  };
  const rewrite = (site: string, change: (yaml: string) => string) => {
    const file = small.consortium.siteConfig(site);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };
  /** Until it is connected: a program's start takes its time on a busy machine, and is not what is measured. */
  const start = async (site: string) => {
    const agent = small.consortium.startAgent(site);
    const sites = async () => (await small.consortium.api('GET', '/sites')) as { items: readonly { site: string; connected: boolean }[] };
    await eventually(async () => (await sites()).items.find((one) => one.site === site && one.connected));
    return agent;
  };
  const restart = async (site: string) => {
    await small.consortium.agents.get(site)?.stop();
    await start(site);
  };

  it('is named before anybody has approved: never there, gone, too old, other version, no cohort; and goes with its cause', async () => {
    const { propose } = small;
    const first = await propose(studyYaml({ sites: SITES, name: 'small', rounds: 2 }), ['a']);
    const hash = await propose(studyYaml({ sites: SITES, name: 'small', rounds: 3 }), []);
    await expectTold(hash, 'd', 'not-approved', 'never-joined');
    await expectTold(first, 'a');
    await expectTold(hash, 'a', 'approved-other');
    await expectTold(hash, 'c', 'not-approved', 'never-joined');
    await sayHello(0);
    await expectTold(hash, 'c', 'not-approved', 'old-agent');
    rewrite('c', (yaml) => yaml.replace('cohorts:\n  heart:', 'cohorts:\n  lung:'));
    const agent = await start('c');
    await expectTold(hash, 'c', 'not-approved', 'no-cohort');
    await expectEverywhere(hash);
    await agent.stop();
    await expectTold(hash, 'c', 'not-approved', 'offline');
    rewrite('c', (yaml) => yaml.replace('cohorts:\n  lung:', 'cohorts:\n  heart:'));
    await start('c');
    await expectTold(hash, 'c', 'not-approved');
  });

  it('is all of it at once after the approval, before the first round; and what is put right goes within 15 seconds', async () => {
    const { consortium, propose } = small;
    const plain = await propose(studyYaml({ ...three, name: 'plain' }), three.sites);
    const hidden = await propose(privately(studyYaml({ ...three, name: 'hidden' })), three.sites);
    const data = join(consortium.siteDirectory('b'), 'patients.csv');
    const machine = join(consortium.plan.directory, 'machine.json');
    const whole = readFileSync(consortium.siteConfig('b'), 'utf8');
    rewrite('b', (yaml) => yaml.replace(/ {4}- none\n/, '').replace('epsilonLimit: 5', 'epsilonLimit: 0.1'));
    writeFileSync(data, inventedCsv('b').replaceAll(/,0\.\d+,/g, ',much,'));
    writeFileSync(machine, JSON.stringify({ aheadMs: 7_200_000, freeBytes: 1_000_000 }));
    Object.assign(process.env, {
      OTHER_MACHINE: machine,
      NODE_OPTIONS: `--import ${join(import.meta.dirname, '../support/other-machine.mjs')}`,
    });
    await restart('b').finally(() => {
      delete process.env['NODE_OPTIONS'];
      delete process.env['OTHER_MACHINE'];
    });
    await expectTold(plain, 'b', 'mode', 'disk', 'clock', 'schema');
    await expectTold(hidden, 'b', 'disk', 'clock', 'schema', 'budget');
    await expectEverywhere(hidden);
    expect((await view(plain)).sites.find(({ site }) => site === 'b')).toMatchObject({ state: 'blocked', code: 'POLICY_MODE' });
    writeFileSync(data, inventedCsv('b', 9));
    writeFileSync(machine, '{}');
    await expectTold(plain, 'b', 'mode', 'too-small');
    await expectTold(hidden, 'b', 'budget', 'too-small');
    writeFileSync(data, inventedCsv('b'));
    writeFileSync(consortium.siteConfig('b'), whole);
    await restart('b');
    await Promise.all([expectTold(plain, 'b'), expectTold(hidden, 'b')]);
  });

  it('is named while a study waits: for another one, for the key, for the sites that are needed', async () => {
    const { consortium, propose } = small;
    const other = await propose(studyYaml({ ...three, name: 'busy-one', rounds: 400 }), three.sites);
    const hash = await propose(studyYaml({ ...three, name: 'waiting', rounds: 1 }), three.sites);
    await consortium.api('POST', `/studies/${other}/launch`);
    await consortium.api('POST', `/studies/${hash}/launch`);
    await expectTold(hash, 'c', 'busy');
    await expectEverywhere(hash);
    // Its keys come from a: a site that is there, and does not take them yet.
    const stopped = consortium.agents.get('c')?.pid ?? expect.fail('the agent of c is not there');
    process.kill(stopped, 'SIGSTOP');
    try {
      await consortium.api('POST', `/studies/${other}/stop`);
      await expectTold(hash, 'c', 'key');
    } finally {
      process.kill(stopped, 'SIGCONT');
    }
    await eventually(async () => ((await view(hash)).state === 'done' ? true : undefined), 30_000);
    const last = await propose(studyYaml({ ...three, name: 'last', rounds: 1 }), three.sites);
    await consortium.agents.get('c')?.stop();
    await consortium.api('POST', `/studies/${last}/launch`);
    await eventually(
      async () => (/2 of 3 are ready \(not connected: c\)/.test((await view(last)).stateReason) ? true : undefined),
      WITHIN_MS,
    );
    seen.add('min-sites');
    expect((await consortium.runConsilium('site', 'list')).stdout).toMatch(/^d +invited +never connected/m);
  });

  it('has been made to happen for every entry of blockers.json', () => {
    expect([...seen].toSorted()).toEqual(BLOCKERS.map(({ id }) => id).toSorted());
  });

  /** An agent of c that speaks another version of the protocol: it is turned away. */
  async function sayHello(protocolVersion: number): Promise<void> {
    const config = loadConfig(small.consortium.siteConfig('c'));
    const state = openState(config.state, config.keyFiles);
    const connection = connect(state, await loadKeys(state, config), { coordinator: config.coordinator });
    try {
      const stream = connection.session.open();
      const refused = new Promise<unknown>((resolve) => stream.on('error', resolve));
      stream.on('data', () => undefined);
      stream.write({
        body: { $case: 'hello', value: { protocolVersion, agentVersion: '0.0.1', engine: 'tfjs-wasm', cohorts: ['heart'] } },
      });
      expect(String(await refused)).toContain('protocol version 0');
    } finally {
      connection.close();
      state.close();
    }
  }
});
