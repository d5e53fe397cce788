import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { PROGRAMS, runToEnd } from '../../../demo/src/index.js';
import { freePort } from '../../support/free-port.js';
import { ONE_SENTENCE } from '../../support/refused-command.js';
import { studyYaml } from '../../support/small-consortium.js';
import type { World } from '../world.js';

/** Ports that are taken, and fields that nobody knows. */
export function settings(world: () => World): void {
  /** A second coordinator, with its own state and a database of its own beside the first one's. */
  async function startAnother(change: (file: { grpc: Record<string, unknown>; http: Record<string, unknown> }) => unknown) {
    const { consortium } = world();
    const folder = join(consortium.plan.directory, 'another');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = parse(await readFile(consortium.coordinatorConfig, 'utf8')) as Parameters<typeof change>[0];
    const config = join(folder, 'coordinator.yaml');
    const ports = { grpc: { ...file.grpc, port: await freePort() }, http: { ...file.http, port: await freePort() } };
    await writeFile(config, stringify(change({ ...file, state: join(folder, 'state'), ...ports } as typeof file)));
    try {
      return await world().withDatabase(async (client) => {
        await client.query('create database another');
        const environment = {
          ...process.env,
          DATABASE_URL: `postgres://consilium:${encodeURIComponent(String(client.password))}@127.0.0.1:${client.port}/another`,
        };
        const ended = await runToEnd(PROGRAMS.coordinator, ['--config', config], { environment, timeoutMs: 30_000 });
        await client.query('drop database another');
        world().hear(ended.stdout, ended.stderr);
        return { ...ended, message: ended.stderr.split('\n')[0] ?? '' };
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  describe('starting a coordinator', () => {
    it('on the gRPC port of another', async () => {
      const port = world().consortium.grpcPort;
      const { code, message, stderr } = await startAnother((file) => ({ ...file, grpc: { ...file.grpc, port } }));
      expect(code).toBe(2);
      expect(message).toBe(`Port ${port} on 127.0.0.1, meant for gRPC, is already in use.`);
      expect(stderr).toContain('set grpc.port to another port');
    });

    it('on the HTTP port of another', async () => {
      const port = world().consortium.httpPort;
      const { code, message, stderr } = await startAnother((file) => ({ ...file, http: { ...file.http, port } }));
      expect(code).toBe(2);
      expect(message).toBe(`Port ${port} on 127.0.0.1, meant for HTTP, is already in use.`);
      expect(stderr).toContain('set http.port to another port');
    });

    it('with a field that it does not know', async () => {
      const { code, message, stderr } = await startAnother((file) => ({ ...file, grpc: { ...file.grpc, publicAdress: 'x:1' } }));
      expect(code).toBe(2);
      expect(message).toMatch(ONE_SENTENCE);
      expect(message).toContain('grpc.publicAdress: unknown field');
      expect(stderr).toContain('Did you mean "publicAddress"?');
    });
  });

  describe('an unknown field', () => {
    /** A copy of site a's settings with one line changed. */
    async function withSettings(from: string, to: string) {
      const { consortium } = world();
      const text = await readFile(consortium.siteConfig('a'), 'utf8');
      expect(text).toContain(from);
      await mkdir(consortium.siteDirectory('clerk'), { recursive: true });
      await writeFile(consortium.siteConfig('clerk'), text.replace(from, to));
      const refusals = [await world().refusedSite('clerk', 'config', 'check'), await world().refusedSite('clerk', 'run')];
      await world().forget('clerk');
      return refusals;
    }

    it('in site.yaml, at its top: named with its line, and the nearest name', async () => {
      for (const refusal of await withSettings('policy:', 'polcy:'))
        expect(refusal).toMatchObject({
          exit: 2,
          code: 'INVALID_FILE',
          message: expect.stringMatching(/^site\.yaml, line \d+: polcy: unknown field/) as string,
          fix: 'Did you mean "policy"?',
        });
    });

    it('in site.yaml, further down', async () => {
      for (const refusal of await withSettings('minPatients:', 'minPatient:'))
        expect(refusal).toMatchObject({
          exit: 2,
          message: expect.stringContaining('policy.minPatient: unknown field') as string,
          fix: 'Did you mean "minPatients"?',
        });
    });

    it('in a study, whoever reads it', async () => {
      const file = await world().studyFile('typo', studyYaml({ name: 'typo' }).replace('roundDeadline', 'roundDeadlin'));
      for (const command of ['check', 'propose'])
        expect(await world().refusedConsilium('study', command, file)).toMatchObject({
          exit: 2,
          code: 'INVALID_FILE',
          message: expect.stringContaining('sites.roundDeadlin: unknown field') as string,
          fix: 'Did you mean "roundDeadline"?',
        });
      expect(await world().refusedSite('a', 'cohort', 'check', 'heart', '--study', file)).toMatchObject({ exit: 2, code: 'INVALID_FILE' });
    });

    it('in a study, inside an input of its cohort', async () => {
      const file = await world().studyFile('typo', studyYaml({ name: 'typo' }).replace('center:', 'centre:'));
      expect(await world().refusedConsilium('study', 'check', file)).toMatchObject({
        exit: 2,
        message: expect.stringContaining('cohort.inputs.x.centre: unknown field') as string,
        fix: 'Did you mean "center"?',
      });
    });
  });
}
