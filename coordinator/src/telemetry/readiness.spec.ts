import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDatabase } from '../../test/temporary-database.js';
import { Listening } from './listening.js';
import { Readiness, SPOOL_RESERVE_BYTES } from './readiness.js';

describe('readiness', () => {
  let opened: Awaited<ReturnType<typeof temporaryDatabase>>;
  const listening = new Listening();
  beforeAll(async () => {
    opened = await temporaryDatabase();
    listening.grpcPort = 7443;
  });
  afterAll(() => opened.close());
  const readiness = (free: () => Promise<number>) => new Readiness(opened.db, listening, true, opened.directory, free);

  it('needs room beside the spool', async () => {
    expect(await readiness(() => Promise.resolve(SPOOL_RESERVE_BYTES)).report()).toMatchObject({ ready: true, checks: { spool: true } });
    expect(await readiness(() => Promise.resolve(SPOOL_RESERVE_BYTES - 1)).report()).toMatchObject({ ready: false, checks: { spool: false } });
    expect(await readiness(() => Promise.reject(new Error('ENOENT'))).report()).toMatchObject({ ready: false, checks: { spool: false } });
    expect(await new Readiness(opened.db, listening, true, opened.directory).report()).toMatchObject({ checks: { spool: true } });
  });

  it('ends when the process is about to end', async () => {
    const ending = readiness(() => Promise.resolve(SPOOL_RESERVE_BYTES));
    ending.drain();
    expect(await ending.report()).toMatchObject({ ready: false, checks: { notDraining: false, database: true } });
  });
});
