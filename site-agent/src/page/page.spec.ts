import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml, resolveStudy, StudyFile, studySpecification, type StudyHash } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CliWorld } from '../../test/cli-world.js';
import { PageClient } from '../../test/page-client.js';
import { heartTable, noisyYaml, studyYaml } from '../../test/study-world.js';
import { loadConfig } from '../config/index.js';
import { openEgressLog } from '../egress/index.js';
import { saveResult } from '../rounds/site-results.js';
import { findApproval, findPause, stateLayout } from '../state/index.js';
import { html } from './html.js';
import { lineDiff } from './line-diff.js';
import { makePageLink, serveSitePage, type SitePage } from './index.js';

const POLICY = '{ modes: [patient/distributed, none], deltaMax: 1.0e-3 }';
const OFFICERS = 'officers: [dpo.pub]\n';
const specificationOf = (yaml: string) => studySpecification(resolveStudy(parseYaml(yaml, StudyFile, 'study'), sealParameters));

const world = new CliWorld();
let page: SitePage;
let hash: StudyHash;
let officerKey: string;

beforeAll(async () => {
  await world.start();
  world.write('heart.csv', heartTable(0));
  for (const name of ['dpo', 'other']) expect((await world.run(`officer key new -o ${name}.key`)).code).toBe(0);
  world.settings({ policy: POLICY, more: OFFICERS });
  officerKey = readFileSync(join(world.root, 'dpo.key'), 'utf8').trim();
  hash = world.propose(specificationOf(noisyYaml()));
  page = await serveSitePage({
    site: 'a',
    listen: '127.0.0.1:0',
    configFile: join(world.root, 'site.yaml'),
    layout: stateLayout(join(world.root, 'state')),
    engine: () => Promise.resolve({ name: 'wasm', why: 'chosen before' }),
  });
});
afterAll(() => {
  page.stop();
  world.stop();
});
beforeEach(() => {
  world.received.length = 0;
  world.inState((state) => state.database.exec('DELETE FROM pause; DELETE FROM approval; DELETE FROM ledger_decision'));
});

const newCode = (now = new Date()) => makePageLink(stateLayout(join(world.root, 'state')), now);
const signedIn = async () => {
  const client = new PageClient(page.origin);
  expect((await client.signIn(newCode())).status).toBe(200);
  return client;
};

describe('the sign-in', () => {
  it('takes a code once, and nothing without one', async () => {
    const code = newCode();
    const stranger = new PageClient(page.origin);
    expect(await stranger.ask('/')).toMatchObject({ status: 303, headers: { location: '/sign-in' } });
    expect((await stranger.signIn('A'.repeat(43))).status).toBe(403);
    // Looking at the form, as a mail program does, uses nothing up.
    await stranger.ask('/sign-in');
    expect((await new PageClient(page.origin).signIn(code)).text).toContain('Waiting for a decision');
    expect((await stranger.signIn(code)).status).toBe(403);
    expect((await stranger.ask('/egress')).status).toBe(303);
  });

  it('takes no code that is older than five minutes, and leaves no code on disk', async () => {
    const old = newCode(new Date(Date.now() - 300_001));
    expect((await new PageClient(page.origin).signIn(old)).status).toBe(403);
    const code = newCode();
    const names = readdirSync(join(world.root, 'state', 'page-links'));
    expect(names.join()).not.toContain(code);
    expect(names.map((name) => readFileSync(join(world.root, 'state', 'page-links', name), 'utf8')).join()).not.toContain(code);
  });

  it('gives a cookie that scripts and other sites do not get, and ends with signing out', async () => {
    const client = new PageClient(page.origin);
    const answer = await client.ask('/sign-in', { form: { code: newCode() } });
    expect(String(answer.headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    const cookie = client.cookie;
    await client.ask('/');
    await client.post('/sign-out');
    client.cookie = cookie;
    expect((await client.ask('/')).status).toBe(303);
  });
});

describe('a foreign page', () => {
  it('reaches nothing under a name that it has pointed at this machine (DNS rebinding)', async () => {
    const client = await signedIn();
    for (const host of ['evil.example', `evil.example:${new URL(page.origin).port}`, '127.0.0.1', 'localhost:1'])
      for (const path of ['/', '/style.css', '/sign-in', '/egress.csv'])
        expect((await client.ask(path, { headers: { host } })).status, `${host} ${path}`).toBe(421);
    expect((await client.ask('/', { headers: { host: `localhost:${new URL(page.origin).port}` } })).status).toBe(200);
  });

  it('cannot post a form: not from another origin, not without the token of the session', async () => {
    const client = await signedIn();
    const form = { csrf: client.csrf, key: officerKey, confirm: 'heart-lr' };
    const path = `/studies/${hash}/approve`;
    expect((await client.ask(path, { form, headers: { origin: 'http://evil.example' } })).status).toBe(403);
    expect((await client.ask(path, { form, headers: { origin: 'null' } })).status).toBe(403);
    expect((await client.ask(path, { form, headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await client.ask(path, { form: { ...form, csrf: 'A'.repeat(43) } })).status).toBe(403);
    const { csrf: _, ...without } = form;
    expect((await client.ask(path, { form: without })).status).toBe(403);
    const other = await signedIn();
    expect((await client.ask(path, { form: { ...form, csrf: other.csrf } })).status).toBe(403);
    expect((await client.ask(path, { method: 'PUT' })).status).toBe(405);
    expect(world.inState((state) => findApproval(state, hash))).toBeUndefined();
  });

  it('is told by every answer what it may do: no script but the page’s own, no frame, no copy', async () => {
    const client = await signedIn();
    for (const path of ['/', '/style.css', '/page.js', '/nothing', '/egress.csv']) {
      const { headers, text } = await client.ask(path);
      expect(headers['content-security-policy']).toContain("default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'");
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'referrer-policy': 'same-origin' });
      expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
      expect(text).not.toMatch(/<style|style="|<script>|\son\w+="/);
    }
  });
});

describe('an approval by the page', () => {
  const terms = { epsilonLimit: '4', until: '2999-12-31', reason: 'DPIA 2026-31' };

  it('is the same entry, signed over the same terms, as one by the command', async () => {
    const client = await signedIn();
    const shown = await client.ask(`/studies/${hash}`);
    expect(shown.text).toContain(hash);
    const answer = await client.post(`/studies/${hash}/approve`, { ...terms, release: 'ask', key: officerKey, confirm: 'heart-lr' });
    expect(answer.text).toContain('Approved heart-lr');
    const byPage = entry();
    world.inState((state) => state.database.exec('DELETE FROM approval; DELETE FROM ledger_decision'));
    const command = [
      'study',
      'approve',
      hash,
      '--yes',
      '--key',
      'dpo.key',
      '--epsilon-limit',
      '4',
      '--until',
      '2999-12-31',
      '--reason',
      'DPIA 2026-31',
    ];
    expect((await world.run(command)).code).toBe(0);
    expect(byPage).toEqual(entry());
    expect(byPage.sent).toEqual(['submit']);
  });

  it('needs the key of an officer and the name of the study, and signs nothing without', async () => {
    const client = await signedIn();
    await client.ask(`/studies/${hash}`);
    const other = readFileSync(join(world.root, 'other.key'), 'utf8');
    const refused = async (form: Readonly<Record<string, string>>) => (await client.post(`/studies/${hash}/approve`, form)).text;
    expect(await refused({ confirm: 'heart-lr' })).toContain('OFFICER_KEY_NEEDED');
    expect(await refused({ confirm: 'heart-lr', key: other })).toContain('OFFICER_UNKNOWN');
    expect(await refused({ confirm: 'heart-lr', key: join(world.root, 'dpo.key') })).toContain('OFFICER_KEY_INVALID');
    expect(await refused({ confirm: 'another', key: officerKey })).toContain('NOT_CONFIRMED');
    expect(await refused({ confirm: 'heart-lr', key: officerKey, epsilonLimit: '0.0001' })).toContain('EPSILON_ABOVE_LIMIT');
    expect(world.received).toEqual([]);
    expect(world.inState((state) => findApproval(state, hash))).toBeUndefined();
  });

  it('keeps the key nowhere: in no answer and in no file of the state', async () => {
    const client = await signedIn();
    await client.ask(`/studies/${hash}`);
    const answers = [
      await client.post(`/studies/${hash}/approve`, { key: officerKey, confirm: 'wrong' }),
      await client.post(`/studies/${hash}/approve`, { key: officerKey, confirm: 'heart-lr' }),
      await client.ask(`/studies/${hash}`),
    ];
    const seed = officerKey.split('.')[1] ?? '';
    const bytes = Buffer.from(seed, 'base64url');
    expect(answers.map(({ text }) => text).join()).not.toContain(seed);
    for (const file of filesOf(join(world.root, 'state'))) {
      const found = readFileSync(file);
      expect(found.includes(seed) || found.includes(bytes) || found.includes(bytes.toString('hex')), file).toBe(false);
    }
  });

  it('decides on the hash that was shown, never on one that only begins like it', async () => {
    const client = await signedIn();
    expect((await client.post(`/studies/${hash.slice(0, 8)}/approve`, { key: officerKey, confirm: 'heart-lr' })).status).toBe(400);
    const unknown = 'f'.repeat(64);
    expect((await client.post(`/studies/${unknown}/approve`, { key: officerKey, confirm: 'heart-lr' })).text).toContain('STUDY_UNKNOWN');
  });

  it('is paused, resumed and withdrawn as by the commands', async () => {
    const client = await signedIn();
    await client.post(`/studies/${hash}/approve`, { key: officerKey, confirm: 'heart-lr' });
    expect((await client.post(`/studies/${hash}/pause`, { key: officerKey })).text).toContain('Paused');
    expect(world.inState((state) => findPause(state, hash)?.statement.by)).toBe('officer');
    expect((await client.post(`/studies/${hash}/resume`)).text).toContain('OFFICER_KEY_NEEDED');
    expect((await client.post(`/studies/${hash}/resume`, { key: officerKey })).text).toContain('Resumed');
    expect((await client.post(`/studies/${hash}/withdraw`, { confirm: hash.slice(0, 8) })).text).toContain('Withdrew the approval');
    expect(world.inState((state) => findApproval(state, hash)?.statement.decision)).toBe('withdraw');
  });
});

describe('what an officer reads', () => {
  it('is the study in plain words, what it costs, and what changed since the approved version', async () => {
    const client = await signedIn();
    const { text } = await client.ask(`/studies/${hash}`);
    for (const words of [
      'Mode patient/distributed, unit patient',
      'Epsilon, if it runs as planned',
      'Someone who would guess 50:50',
      'If all other sites collude',
      'It fits.',
    ])
      expect(text).toContain(words);
    await client.post(`/studies/${hash}/approve`, { key: officerKey, confirm: 'heart-lr' });
    const next = world.propose(specificationOf(noisyYaml().replace('noiseMultiplier: 2', 'noiseMultiplier: 1.5')));
    await world.run('study list');
    const changed = (await client.ask(`/studies/${next}`)).text;
    expect(changed).toContain('less noise: more is told of each patient');
    expect(changed).toContain('</code>, the version last approved</h2>');
    // A link that somebody sends may compare with whatever leaves no difference; the page does not call that approved.
    const asked = (await client.ask(`/studies/${next}?diff=${next}`)).text;
    expect(asked).toContain('which this site has not approved');
    expect(asked).not.toContain('</code>, the version last approved</h2>');
    expect((await client.ask(`/studies/${next}?diff=${hash}`)).text).toContain('</code>, the version last approved</h2>');
    expect(changed).toMatch(/<span class="del">− {3}noiseMultiplier: 2<\/span><span class="add">\+ {3}noiseMultiplier: 1.5<\/span>/);
  });

  it('cannot be written by a study: markup in its purpose is text', async () => {
    const canary = '</p><script>alert(1)</script><img src=x onerror=alert(1)>"\'&';
    const trap = world.propose(specificationOf(studyYaml(['a', 'b', 'c']).replace('A test', JSON.stringify(canary))));
    await world.run('study list');
    const client = await signedIn();
    const { text } = await client.ask(`/studies/${trap}`);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<img');
  });

  it('are its own figures, round by round, and nobody else’s', async () => {
    world.inState((state) => saveResult(state, hash, 3, { trainPatients: 30n, testPatients: 10n }));
    const client = await signedIn();
    expect((await client.ask('/results')).text).toMatch(
      /<td class="number">3<\/td>\s*<td class="number">30<\/td>\s*<td class="number">10<\/td>/,
    );
    const csv = await client.ask(`/results/${hash}.csv`);
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.text).toMatch(/^round,figure,value,why\r\n3,/);
  });

  it('is the record of what left, filtered by kind, study and day, and all of it as CSV', async () => {
    const log = openEgressLog(stateLayout(join(world.root, 'state')).egress, {
      destination: 'c:1',
      now: () => new Date('2026-05-04T10:00:00Z'),
    });
    log.append({ kind: 'totals', method: 'ReleaseService/Metrics', study: hash, round: 7, bytes: 4711 });
    log.append({ kind: 'bundle', method: 'TransferService/Upload', study: hash, round: 9, bytes: 815 });
    log.close();
    const client = await signedIn();
    const { text } = await client.ask(`/egress?kind=totals&study=${hash.slice(0, 4)}&from=2026-05-04&to=2026-05-04`);
    expect(text).toContain('4711');
    expect(text).not.toContain('>815<');
    expect((await client.ask('/egress?from=2026-05-05&to=2026-05-06')).text).toContain('Nothing that matches has left this site.');
    const csv = (await client.ask('/egress.csv?kind=bundle&from=2026-05-04&to=2026-05-04')).text.trimEnd().split('\r\n');
    expect(csv).toEqual([
      'time,kind,method,study,round,bytes,atMost,messages,upload,sha256,destination',
      `2026-05-04T10:00:00.000Z,bundle,TransferService/Upload,${hash},9,815,,,,,c:1`,
    ]);
  });

  it('is what the doctor found', async () => {
    const client = await signedIn();
    await client.ask('/doctor');
    const { text } = await client.post('/doctor');
    expect(text).toContain('checks failed');
    expect(text).toContain('wasm: chosen before');
  });
});

describe('the pieces of a page', () => {
  it('escape every value, in text and in attributes, however deep', () => {
    expect(html`<p title="${'"><b>'}">${['<', [html`<i>${'&'}</i>`]]}${null}${false}${0}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;b&gt;">&lt;<i>&amp;</i>0</p>',
    );
  });

  it('tell lines that went, came and stayed', () => {
    expect(lineDiff(['a', 'b', 'c'], ['a', 'x', 'c', 'd']).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same a',
      'gone b',
      'new x',
      'same c',
      'new d',
    ]);
  });
});

describe('page open', () => {
  it('says how to switch the page on, and that the agent has to run', async () => {
    expect(await world.json('page open')).toMatchObject({ code: 2, error: { code: 'PAGE_OFF' } });
    world.settings({ policy: POLICY, more: `${OFFICERS}page: { listen: "127.0.0.1:9466" }\n` });
    expect(await world.json('page open')).toMatchObject({ code: 1, error: { code: 'AGENT_STOPPED' } });
    expect(loadConfig(join(world.root, 'site.yaml')).page).toBe('127.0.0.1:9466');
    world.settings({ policy: POLICY, more: `${OFFICERS}page: { listen: "0.0.0.0:9466" }\n` });
    expect(await world.json('page open')).toMatchObject({ code: 2, error: { code: 'INVALID_FILE' } });
    world.settings({ policy: POLICY, more: OFFICERS });
  });
});

/** An approval as it is kept and sent, without its time and what is drawn anew. */
function entry() {
  const sent = world.received.splice(0).map(({ call }) => call);
  return world.inState((state) => {
    const { statement, reason } = findApproval(state, hash)!;
    const { signedAt: _, officer, ...terms } = statement;
    const queued = state.database.prepare('SELECT population, decision FROM ledger_decision').all();
    return { sent, reason, terms, officer: officer?.key, queued: queued.map((row) => ({ ...row })) };
  });
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name));
}
