import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../coordinator/src/storage/embedded/embedded-postgres.js';
import { watchStudy } from '../../demo/src/index.js';
import { smallConsortium, studyYaml, type SmallConsortium } from '../support/small-consortium.js';

/**
 * Kills after the first event of these kinds, of the coordinator's own and of the words of one site: where somebody has
 * been promised something. With CONSILIUM_FULL=1 after every stored event, as the field case has it.
 */
const KINDS = ['launched', 'blockOpened', 'sharesClosed', 'announced', 'uploaded', 'listClosed', 'folded', 'agreed', 'bundleSigned'];
const EVERY = process.env['CONSILIUM_FULL'] === '1';

/** As few as a study may have: what happens to one more site is the same again. */
const sites = ['a', 'b', 'c'];

interface StoredRow {
  readonly seq: number;
  readonly type: string;
}

/** Field case RND-2: a coordinator that is killed after each stored event in turn loses nothing and repeats nothing. */
describe('a coordinator killed after one stored event after the other', () => {
  let directory: string;
  let postgres: EmbeddedPostgres;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'consilium-kill-'));
    postgres = await startEmbeddedPostgres(join(directory, 'postgres'));
  });
  afterAll(async () => {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Runs the study to its end. @returns the released model and the stored events */
  async function finish(
    small: SmallConsortium,
    hash: string,
    database: Client,
  ): Promise<{ readonly model: string; readonly events: readonly StoredRow[] }> {
    await watchStudy(small.consortium, hash, { timeoutMs: 120_000, show: () => undefined, signal: AbortSignal.timeout(120_000) });
    const out = join(small.consortium.plan.directory, 'out');
    await small.consortium.consilium('model', 'get', hash, '-o', out);
    const { rows } = await database.query<StoredRow>("select seq, event->>'type' as type from study_events where study = $1 order by seq", [
      hash,
    ]);
    return { model: await readFile(join(out, 'model.json'), 'utf8'), events: rows };
  }

  async function withConsortium<T>(database: string, work: (small: SmallConsortium, client: Client) => Promise<T>): Promise<T> {
    const admin = new Client({ connectionString: postgres.url });
    await admin.connect();
    await admin.query(`create database ${database}`);
    await admin.end();
    const databaseUrl = postgres.url.replace(/\/[^/]*$/, `/${database}`);
    const small = await smallConsortium({ databaseUrl, sites });
    const client = new Client({ connectionString: databaseUrl });
    try {
      await client.connect();
      return await work(small, client);
    } finally {
      await client.end();
      await small.remove();
    }
  }

  const count = (events: readonly StoredRow[], type: string) => events.filter((event) => event.type === type).length;

  it(
    'ends with the same model, three folds and an evaluation, each contribution counted once',
    { timeout: EVERY ? 1_000_000 : 400_000 },
    async () => {
      const undisturbed = await withConsortium('undisturbed', async (small, client) => {
        const hash = await small.propose(studyYaml({ sites }));
        await small.consortium.consilium('study', 'launch', hash);
        return finish(small, hash, client);
      });

      let kills = 0;
      const killed = await withConsortium('killed', async (small, client) => {
        const { consortium } = small;
        const hash = await small.propose(studyYaml({ sites }));
        await client.query(
          "create function tell() returns trigger as $$ begin perform pg_notify('stored', new.seq || ' ' || (new.event->>'type') || ' ' || coalesce(new.event->>'site', '')); return new; end $$ language plpgsql",
        );
        await client.query('create trigger tell after insert on study_events for each row execute function tell()');
        await client.query('listen stored');
        const met = new Map<string, number>();
        let done = 0;
        let newest = 0;
        let wake = (): void => undefined;
        client.on('notification', ({ payload = '' }) => {
          const [seq, type = '', site] = payload.split(' ');
          const seen = (met.get(type) ?? 0) + 1;
          if (!EVERY && site !== '' && site !== sites[0]) return;
          met.set(type, seen);
          if (!EVERY && (seen > 1 || !KINDS.includes(type))) return;
          newest = Math.max(newest, Number(seq));
          // At once, in the same turn as the news arrives: whatever should follow from the event has hardly begun.
          if (newest > done) consortium.coordinator?.signal('SIGKILL');
          wake();
        });
        await consortium.consilium('study', 'launch', hash).catch(() => undefined);
        const limit = performance.now() + (EVERY ? 900_000 : 300_000);
        for (;;) {
          if (newest <= done) await new Promise<void>((resolve) => ((wake = resolve), setTimeout(resolve, 1_000)));
          if (newest > done) {
            await consortium.coordinator?.kill();
            kills += 1;
            // The connection of the listener is never cut, so no event goes unnoticed between kill and restart.
            done = newest;
            // An event stored before it was seen to be ready has killed it again: the next turn starts the next one.
            await consortium.startCoordinator().catch((error: unknown) => {
              if (newest <= done) throw error;
            });
          }
          const ended = await client.query("select 1 from study_events where study = $1 and event->>'type' = 'ended'", [hash]);
          if (ended.rowCount !== 0 && newest <= done) break;
          if (performance.now() > limit) throw new Error(`not done after ${kills} kills; event ${newest}`);
        }
        await client.query('unlisten stored');
        return finish(small, hash, client);
      });

      expect(killed.model).toBe(undisturbed.model);
      for (const type of ['folded', 'uploaded', 'roundDone', 'attemptFailed', 'voted', 'bundleReceived'])
        expect([type, count(killed.events, type)]).toEqual([type, count(undisturbed.events, type)]);
      expect(count(killed.events, 'folded')).toBe(4);
      expect(count(killed.events, 'uploaded')).toBe(12);
      expect(kills).toBeGreaterThan(EVERY ? 40 : 5);
    },
  );
});
