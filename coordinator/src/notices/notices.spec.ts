import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, issueServerCertificate } from '@consilium/identity';
import { SiteName } from '@consilium/protocol';
import { simpleParser, type ParsedMail } from 'mailparser';
import { pino } from 'pino';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { SecretBox } from '../access/index.js';
import type { SmtpConfig } from '../config/index.js';
import { launched, testStudy, TestWorld } from '../rounds/builders.js';
import { setNoticeRecipients, type Database } from '../storage/index.js';
import { Dispatcher, Notices, Webhooks } from './index.js';
import { nextTry } from './retry-times.js';
import { standingNotices } from './standing-notices.js';
import { studyNotices } from './study-notices.js';
import { webhookTarget } from './webhook-target.js';

const PASSWORD = 'correct horse';
const secrets = new SecretBox(randomBytes(32));

interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('what people are told', () => {
  let db: Database;
  let close: () => Promise<void>;
  let root: string;
  let certificate: { readonly key: string; readonly cert: string };
  let now: Date;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    ({ db, close } = await temporaryDatabase());
    root = await mkdtemp(join(tmpdir(), 'consilium-notices-'));
    const made = new Date();
    const ca = await createCertificateAuthority({ consortium: 'test', now: made });
    const issued = await issueServerCertificate({ ca, hosts: ['localhost'], now: made, days: 1 });
    certificate = { key: issued.privateKeyPem, cert: issued.chainPem };
    await writeFile(join(root, 'ca.pem'), ca.certificatePem);
    await writeFile(join(root, 'smtp.password'), `${PASSWORD}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    await close();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    now = new Date('2026-05-04T10:00:00Z');
    for (const table of ['notice_deliveries', 'notices', 'notice_recipients', 'webhooks'] as const) await db.deleteFrom(table).execute();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  /** A real SMTP server on loopback. */
  async function mailServer(options: SMTPServerOptions) {
    const mails: { readonly secure: boolean; readonly mail: ParsedMail; readonly raw: string }[] = [];
    const server = new SMTPServer({
      ...certificate,
      logger: false,
      authMethods: ['PLAIN'],
      onAuth: ({ username, password }, _, done) =>
        username === 'svc' && password === PASSWORD ? done(null, { user: username }) : done(new Error('535 wrong')),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString('utf8');
          void simpleParser(raw).then((mail) => {
            mails.push({ secure: session.secure, mail, raw });
            done();
          });
        });
      },
      ...options,
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    return { mails, port: (server.server.address() as AddressInfo).port };
  }

  async function receiver(answer: (post: Post) => number = () => 204) {
    const posts: Post[] = [];
    const server: Server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const post = { headers: request.headers, body };
        posts.push(post);
        response.writeHead(answer(post), { location: 'http://127.0.0.1:1/' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => new Promise((resolve) => server.close(() => resolve())));
    return { posts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
  }

  const smtpTo = (port: number, tls: SmtpConfig['tls']): SmtpConfig => ({
    host: 'localhost',
    port,
    tls,
    user: 'svc',
    passwordFile: join(root, 'smtp.password'),
    from: 'consilium@coord.example',
    caFile: join(root, 'ca.pem'),
  });
  const dispatcherWith = (smtp?: SmtpConfig) =>
    new Dispatcher({
      db,
      secrets,
      consortium: 'heart',
      smtp,
      consoleUrl: () => 'https://coord.example/consilium/',
      now: () => now,
      log: pino({ enabled: false }),
    });
  const noticesOver = (dispatcher: Dispatcher) =>
    new Notices({
      db,
      mirror: { list: async () => [] },
      sites: { list: async () => [] },
      dispatcher,
      now: () => now,
      log: pino({ enabled: false }),
    });
  const tell = async (state: TestWorld['state'], dispatcher: Dispatcher) => {
    const notices = noticesOver(dispatcher);
    notices.followStudy(state);
    await notices.look();
    await dispatcher.deliver();
  };
  const proposed = () => new TestWorld(testStudy()).state;

  it.each(['starttls', 'implicit'] as const)('by e-mail over TLS (%s), once, with a link', async (tls) => {
    const { mails, port } = await mailServer({ secure: tls === 'implicit' });
    await setNoticeRecipients(db, [{ kind: 'approval-needed', address: 'dpo@a.example' }]);
    const dispatcher = dispatcherWith(smtpTo(port, tls));
    const state = proposed();
    await tell(state, dispatcher);
    await tell(state, dispatcher);
    expect(mails).toHaveLength(1);
    const [{ secure, mail }] = mails as [(typeof mails)[number]];
    expect(secure).toBe(true);
    expect(mail.subject).toBe('A study waits for the approval of sites.');
    expect(mail.text).toContain(`https://coord.example/consilium/studies/${state.hash}\n`);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    await dispatcher.test('admin@a.example');
    expect(mails.at(-1)?.mail).toMatchObject({ subject: 'A test: e-mail of this consortium arrives.', to: { text: 'admin@a.example' } });
  });

  it('as a test at once, and says what the mail server answered where it took nothing', async () => {
    await expect(dispatcherWith(undefined).test('admin@a.example')).rejects.toMatchObject({ code: 'MAIL_NONE' });
    const { caFile: _, ...unknown } = smtpTo((await mailServer({ secure: true })).port, 'implicit');
    await expect(dispatcherWith(unknown).test('admin@a.example')).rejects.toMatchObject({
      code: 'MAIL_FAILED',
      message: expect.not.stringContaining(PASSWORD) as string,
    });
  });

  it('by e-mail never without TLS, nor over a certificate that nobody vouches for', async () => {
    const plain = await mailServer({ disabledCommands: ['STARTTLS'] });
    const { caFile: _, ...unknown } = smtpTo((await mailServer({ secure: true })).port, 'implicit');
    await setNoticeRecipients(db, [{ kind: 'approval-needed', address: 'dpo@a.example' }]);
    for (const smtp of [smtpTo(plain.port, 'starttls'), unknown]) {
      await db.updateTable('notice_deliveries').set({ next_at: now }).execute();
      await tell(proposed(), dispatcherWith(smtp));
      const { last_error: error, done_at: done } = await db.selectFrom('notice_deliveries').selectAll().executeTakeFirstOrThrow();
      expect([error === null, done]).toEqual([false, null]);
      expect(error).not.toContain(PASSWORD);
    }
    expect(plain.mails).toEqual([]);
  });

  it('by a webhook that is signed as Standard Webhooks does, over id, time and body', async () => {
    const { posts, url } = await receiver();
    const { secret } = await new Webhooks(db, secrets, () => now).add({ url, kinds: ['approval-needed'] }, 'ada');
    const state = proposed();
    await tell(state, dispatcherWith());
    // In the database, and in its backups, it is of no use without the key of the state directory.
    const [row] = await db.selectFrom('webhooks').selectAll().execute();
    expect(`${JSON.stringify(row)} ${row!.sealed_secret.toString('latin1')}`).not.toContain(secret);
    const [{ headers, body }] = posts as [Post];
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    expect(key).toHaveLength(32);
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    expect(Number(headers['webhook-timestamp'])).toBe(now.getTime() / 1000);
    expect(JSON.parse(body)).toEqual({
      type: 'approval-needed',
      timestamp: now.toISOString(),
      data: { title: 'A study waits for the approval of sites.', link: `https://coord.example/consilium/studies/${state.hash}` },
    });
    expect(JSON.stringify(await new Webhooks(db, secrets, () => now).list())).not.toContain(secret);
  });

  it('again and later after each failure, under the same id, also after a restart; given up after two days', async () => {
    let status = 503;
    const { posts, url } = await receiver(() => status);
    await new Webhooks(db, secrets, () => now).add({ url, kinds: ['approval-needed'] }, 'ada');
    await tell(proposed(), dispatcherWith());
    await dispatcherWith().deliver();
    expect(posts).toHaveLength(1);
    now = new Date(now.getTime() + 5_000);
    await dispatcherWith().deliver();
    now = new Date(now.getTime() + 29_000);
    await dispatcherWith().deliver();
    expect(posts).toHaveLength(2);
    status = 204;
    now = new Date(now.getTime() + 1_000);
    await dispatcherWith().deliver();
    now = new Date(now.getTime() + 86_400_000);
    await dispatcherWith().deliver();
    expect(posts).toHaveLength(3);
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const tries = Array.from({ length: 11 }, (_, index) => nextTry(index + 1, now));
    expect(tries.indexOf(undefined)).toBe(9);
    const waits = tries.slice(0, 9).reduce((sum, at) => sum + at!.getTime() - now.getTime(), 0);
    expect(waits / 3_600_000).toBeGreaterThan(44);
  });

  it('to no address inside that answers without TLS, and never on by a redirect', async () => {
    const refused = [
      'http://169.254.169.254/latest/meta-data',
      'http://coord.internal/',
      'http://127.0.0.1.evil.example/',
      'http://localhost.evil.example/',
      'http://2130706433.example/',
      'ftp://127.0.0.1/',
      'file:///etc/passwd',
      'https://user:pass@chat.example/',
      'no url',
    ];
    for (const url of refused)
      expect(() => webhookTarget(url), url).toThrowError(expect.objectContaining({ code: 'WEBHOOK_URL' }) as Error);
    for (const url of ['https://chat.example/hook', 'http://127.0.0.1:8080/', 'http://[::1]:8080/', 'http://localhost/'])
      webhookTarget(url);
    await expect(
      new Webhooks(db, secrets, () => now).add({ url: 'http://10.0.0.1/', kinds: ['study-ended'] }, 'ada'),
    ).rejects.toMatchObject({
      code: 'WEBHOOK_URL',
    });
    const target = await receiver();
    const { posts, url } = await receiver(() => 307);
    await new Webhooks(db, secrets, () => now).add({ url, kinds: ['approval-needed'] }, 'ada');
    await tell(proposed(), dispatcherWith());
    expect([posts.length, target.posts.length]).toEqual([1, 0]);
    expect(await db.selectFrom('notice_deliveries').select('last_error').executeTakeFirst()).toEqual({ last_error: 'it redirects' });
  });

  it('without a word of the study: no name, purpose, column, site or number leaves', async () => {
    const { mails, port } = await mailServer({ secure: true });
    const { posts, url } = await receiver();
    const every = Object.keys((await import('./notice-kinds.js')).NOTICE_TITLES) as 'study-ended'[];
    await new Webhooks(db, secrets, () => now).add({ url, kinds: every }, 'ada');
    await setNoticeRecipients(
      db,
      every.map((kind) => ({ kind, address: 'dpo@a.example' })),
    );
    const canary = 'CANARY';
    const study = testStudy();
    const state = {
      ...launched(new TestWorld({ ...study, name: `${canary}-name` as typeof study.name, purpose: `${canary} purpose` })).state,
      failures: [{ round: 4, attempt: 0, reason: 'tooFew', sites: [`${canary}-site`], contributors: [`${canary}-site`] }],
      refusals: new Map([['a', { code: 'COHORT_RANGE', fields: { column: `${canary}-column` }, round: 4, incident: `${canary}1` }]]),
    } as unknown as TestWorld['state'];
    await tell(state, dispatcherWith(smtpTo(port, 'implicit')));
    expect(mails.length).toBeGreaterThanOrEqual(2);
    expect(posts.length).toBe(mails.length);
    for (const text of [...mails.map(({ raw }) => raw), ...posts.map(({ body, headers }) => body + JSON.stringify(headers))]) {
      expect(text).not.toContain(canary);
      // Quoted-printable, base64: what a reader sees, too.
      expect((await simpleParser(text)).text ?? '').not.toContain(canary);
    }
  });

  it('of each event once, whatever the state is looked at again', () => {
    const world = new TestWorld(testStudy());
    expect(studyNotices(world.state).map(({ kind }) => kind)).toEqual(['approval-needed']);
    const site = SiteName.parse('a');
    const standing = {
      sites: [
        { site, state: 'pending' as const, words: 'w', certificateWarning: null, certificateEnds: null },
        { site, state: 'admitted' as const, words: 'w', certificateWarning: 'soon', certificateEnds: '2026-06-01T00:00:00Z' },
      ],
      ledgers: [80, 80.1].map((percentUsed) => ({
        site,
        population: 'heart' as never,
        held: { percentUsed, epsilonUsed: 1, epsilonLeft: 1 },
        epsilonLimit: 6,
      })),
      tightenings: [],
      loosening: [{ id: 3, site, population: 'heart' as never }],
    };
    expect(standingNotices(standing).map(({ kind, link }) => [kind, link])).toEqual([
      ['site-waiting', '/sites/a'],
      ['certificate-ending', '/sites/a'],
      ['budget-high', '/budgets/a/heart'],
      ['loosening-requested', '/budgets/a/heart'],
    ]);
  });
});
