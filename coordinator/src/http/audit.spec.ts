import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tabularLogistic } from '../../cli/templates/tabular-logistic.js';
import type { Browser } from '../../test/browser.js';
import { httpWorld } from '../../test/http-world.js';
import { problemOf } from '../../test/people.js';
import { AuditEntry, ChainCheck } from '../audit/index.js';

let world: Awaited<ReturnType<typeof httpWorld>>;
let admin: Browser;
let rae: Browser;
beforeAll(async () => {
  world = await httpWorld();
  admin = await world.person(['admin']);
  rae = await world.person(['researcher']);
});
afterAll(() => world.close());

const entries = async (query = '') => {
  const { items } = (await (await admin.get(`/audit?limit=500${query}`)).json()) as { items: AuditEntry[] };
  return items.map((item) => AuditEntry.parse(item));
};
const verdict = async (query = '') =>
  (await (await admin.get(`/audit/verify${query}`)).json()) as { ok: boolean; entries: number; head: { seq: number; hash: string } };

/** The database takes no audit entry meanwhile. */
async function withoutAudit(work: () => Promise<void>): Promise<void> {
  await sql`alter table audit_log rename to audit_log_away`.execute(world.db);
  try {
    await work();
  } finally {
    await sql`alter table audit_log_away rename to audit_log`.execute(world.db);
  }
}

describe('the audit log', () => {
  it('says of each change who made it, from where, to what, before and after, and under which request', async () => {
    await admin.post('/sites/invitations', { site: 'basel' });
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await rae.post('/studies', { specification: tabularLogistic('heart-lr') });
    await rae.post('/studies/heart-lr/launch', undefined, { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    const [done, begun, , , invited] = await entries();
    const { email, id } = (await rae.signedIn()).account;
    const who = { actor: email, actorId: id, via: 'session', from: '127.0.0.1', requestId: trace };
    expect(begun).toMatchObject({ ...who, action: 'study.launch', outcome: 'begun', before: null, after: null });
    expect(done).toMatchObject({
      ...who,
      action: 'study.launch',
      outcome: 'done',
      before: { state: 'proposed' },
      after: { state: 'running', round: 1 },
    });
    expect(done?.subject).toMatch(/^study:[0-9a-f]{64}$/);
    expect(invited).toMatchObject({
      action: 'site.invite',
      subject: 'site:basel',
      outcome: 'done',
      before: { state: null },
      after: { state: 'invited' },
    });
  });

  it('has one entry of a request that is sent again and answered as before', async () => {
    const invite = () => admin.post('/sites/invitations', { site: 'chur' }, { 'idempotency-key': '2f6c0a52-7a0e-4a3b-9f0e-5a1f2d7c8e90' });
    const [first, again] = [await (await invite()).json(), await (await invite()).json()];
    expect(again).toEqual(first);
    expect((await entries('&action=site.invite')).filter(({ subject }) => subject === 'site:chur').length).toBe(1);
  });

  it('says of what was refused that nothing was changed, and why', async () => {
    expect((await rae.post('/studies/unknown/stop', undefined)).status).toBe(404);
    const [ended] = await entries('&action=study.stop');
    expect(ended).toMatchObject({ outcome: 'refused', after: { code: 'STUDY_UNKNOWN' } });
  });

  it('has tries to sign in, and never a password, a token or a link', async () => {
    await rae.post('/session', { email: 'nobody@heart.example', password: 'a secret that I typed' });
    const [tried] = await entries('&action=session');
    expect(tried).toMatchObject({ actor: 'nobody', subject: 'account:unknown', outcome: 'refused', after: { code: 'SIGN_IN_REFUSED' } });
    const { inviteLink } = (await (
      await admin.post('/accounts', { email: 'new@heart.example', name: 'New', roles: ['researcher'] })
    ).json()) as { inviteLink: string };
    const { token } = (await (await rae.post('/tokens', { name: 't', scopes: ['*:read'], days: 1 })).json()) as { token: string };
    const text = await (await admin.get('/audit/export')).text();
    expect(text).toContain('new@heart.example');
    for (const secret of ['a secret that I typed', token, inviteLink.split('token=')[1] ?? '', rae.csrf, admin.cookie?.split('=')[1] ?? ''])
      expect(text).not.toContain(secret);
  });

  it('is one chain also when fifty changes come at once', async () => {
    const before = (await verdict()).entries;
    await Promise.all(Array.from({ length: 50 }, (_, index) => admin.post('/sites/invitations', { site: `site-${index % 5}` })));
    await Promise.all(Array.from({ length: 20 }, () => rae.post('/studies/heart-lr/excused', { site: 'site-b' })));
    expect(await verdict()).toMatchObject({ ok: true, entries: before + 90 });
  });

  it('holds whatever people send: what a database cannot take spoils no entry, nor those written with it', async () => {
    const odd = () => rae.post('/inbox/%00/snooze', { days: 1 });
    const excuse = () => rae.post('/studies/heart-lr/excused', { site: 'site-b' });
    const answers = await Promise.all([odd(), excuse(), odd(), excuse(), odd(), excuse()]);
    expect(answers.map(({ status }) => status)).toEqual([404, 200, 404, 200, 404, 200]);
    expect((await rae.patch('/session', { name: 'Half a \ud83e pair' })).status).toBe(200);
    expect((await entries('&action=account.profile'))[0]).toMatchObject({ after: { name: 'Half a \ufffd pair' } });
    expect((await entries('&action=inbox.snooze'))[0]).toMatchObject({ subject: 'inbox:\ufffd', outcome: 'refused' });
    expect(await verdict()).toMatchObject({ ok: true });
    expect(await problemOf(await admin.get('/audit?q=%00'))).toMatchObject({ code: 'INVALID_REQUEST', status: 400 });
  });

  it('is paged, filtered and exported, and the export is verified without the coordinator', async () => {
    const first = (await (await admin.get('/audit?limit=3')).json()) as { items: AuditEntry[]; nextCursor: string };
    const next = (await (await admin.get(`/audit?limit=3&cursor=${first.nextCursor}`)).json()) as { items: AuditEntry[] };
    expect(next.items[0]?.seq).toBe((first.items[2]?.seq ?? 0) - 1);
    expect((await entries('&action=site.invite')).every(({ action }) => action === 'site.invite')).toBe(true);
    expect((await entries(`&q=heart-lr`)).length).toBeGreaterThan(0);
    expect(await entries('&from=2999-01-01')).toEqual([]);
    const lines = (await (await admin.get('/audit/export')).text()).trim().split('\n');
    const check = new ChainCheck();
    for (const line of lines) check.take(JSON.parse(line));
    const { head, entries: count } = await verdict();
    expect(check.report(head)).toMatchObject({ ok: true, entries: count });
    const csv = await (await admin.get('/audit/export?format=csv')).text();
    expect(csv.split('\r\n')[0]).toBe('seq,at,actor,via,from,action,subject,outcome,before,after,requestId,hash,previous');
    expect(csv.split('\r\n')).toHaveLength(count + 2);
  });

  it('is for admins, and for compliance officers who are not bound to a site', async () => {
    expect((await (await world.person(['compliance'])).get('/audit')).status).toBe(200);
    for (const other of [await world.person(['compliance'], ['basel']), rae, await world.person(['site-it'], ['basel'])])
      expect(await problemOf(await other.get('/audit'))).toMatchObject({ code: 'NOT_PERMITTED' });
  });
});

describe('a change whose entry cannot be written', () => {
  it('is refused, and nothing was done', async () => {
    const sites = async () => ((await (await admin.get('/sites')).json()) as { items: { site: string }[] }).items.map(({ site }) => site);
    const before = await sites();
    const studies = JSON.stringify([...world.desk.views.values()]);
    await withoutAudit(async () => {
      for (const refused of [
        admin.post('/sites/invitations', { site: 'geneva' }),
        admin.post('/accounts', { email: 'never@heart.example', name: 'Never', roles: ['admin'] }),
        rae.post('/studies/heart-lr/stop', undefined),
        rae.delete('/session'),
      ])
        expect(await problemOf(await refused)).toMatchObject({ code: 'AUDIT_UNAVAILABLE', status: 503 });
      // Reading goes on.
      expect((await rae.get('/session')).status).toBe(200);
    });
    expect(await sites()).toEqual(before);
    expect(JSON.stringify([...world.desk.views.values()])).toBe(studies);
    expect(await (await admin.get('/accounts')).text()).not.toContain('never@heart.example');
  });

  it('is told apart where only its outcome is missing: the entry before stays', async () => {
    const launch = world.desk.launch.bind(world.desk);
    const key = { 'idempotency-key': randomUUID() };
    world.desk.launch = async (hash, by, expected) => {
      await sql`alter table audit_log rename to audit_log_away`.execute(world.db);
      return launch(hash, by, expected);
    };
    const answer = await problemOf(await rae.post('/studies/heart-lr/launch', undefined, key));
    await sql`alter table audit_log_away rename to audit_log`.execute(world.db);
    world.desk.launch = launch;
    expect(answer).toMatchObject({ code: 'AUDIT_UNAVAILABLE', status: 503 });
    expect((await entries())[0]).toMatchObject({ action: 'study.launch', outcome: 'begun' });
    expect(await problemOf(await rae.post('/studies/heart-lr/launch', undefined, key))).toMatchObject({ code: 'IDEMPOTENCY_INTERRUPTED' });
    expect(await verdict()).toMatchObject({ ok: true });
  });
});

describe('an audit log that somebody has changed', () => {
  const change = async (statement: ReturnType<typeof sql>) => {
    await sql`alter table audit_log disable trigger user`.execute(world.db);
    await statement.execute(world.db);
    await sql`alter table audit_log enable trigger user`.execute(world.db);
  };

  it('cannot be changed by mistake', async () => {
    for (const statement of [sql`delete from audit_log`, sql`update audit_log set hash = ''`, sql`truncate audit_log`])
      await expect(statement.execute(world.db)).rejects.toThrow('append-only');
  });

  it('names the first entry that does not hold: changed, left out, or cut off at the end', async () => {
    const { head } = await verdict();
    const noted = head;
    await change(sql`update audit_log set line = replace(line, '127.0.0.1', '127.0.0.2') where seq = 5`);
    expect(await verdict()).toMatchObject({ ok: false, firstBad: { seq: 5, reason: 'its text is not what was hashed' } });
    await change(sql`update audit_log set line = replace(line, '127.0.0.2', '127.0.0.1') where seq = 5`);
    expect(await verdict()).toMatchObject({ ok: true });
    await change(sql`create table kept as select seq, line, hash from audit_log where seq >= ${head.seq - 1}`);
    await change(sql`delete from audit_log where seq = ${head.seq}`);
    expect(await verdict()).toMatchObject({
      ok: false,
      firstBad: { seq: head.seq, reason: `the chain should end with entry ${head.seq}` },
    });
    await change(sql`delete from audit_log where seq = ${head.seq - 1}`);
    await change(sql`insert into audit_log (seq, line, hash) select seq, line, hash from kept where seq = ${head.seq}`);
    expect(await verdict()).toMatchObject({ ok: false, firstBad: { seq: head.seq - 1, reason: `entry ${head.seq} stands in its place` } });
    // Whoever also moves the end of the chain is shown by a head that was noted elsewhere.
    await change(sql`delete from audit_log where seq = ${head.seq}`);
    await sql`update audit_head set seq = ${head.seq - 2}, hash = (select hash from audit_log where seq = ${head.seq - 2})`.execute(
      world.db,
    );
    expect(await verdict()).toMatchObject({ ok: true });
    expect(await verdict(`?head=${noted.seq}:${noted.hash}`)).toMatchObject({ ok: false });
  });
});
