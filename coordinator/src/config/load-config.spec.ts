import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenError, loadConfig } from './index.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'consilium-config-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function file(text: string): Promise<string> {
  const path = join(directory, 'coordinator.yaml');
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

describe('the configuration', () => {
  it('needs no more than the name of the consortium, and then listens to this machine only for people', async () => {
    const config = await loadConfig({ consortium: 'heart' }, {});
    expect(config).toMatchObject({ consortium: 'heart', http: { host: '127.0.0.1', port: 7480 }, databaseUrl: undefined });
  });

  it('takes flags before the environment and the environment before the file', async () => {
    const config = await file('consortium: heart\nstate: /from/file\ngrpc: { port: 1, serverNames: [a.example] }\n');
    expect(await loadConfig({ config }, {})).toMatchObject({ state: '/from/file', grpc: { port: 1, serverNames: ['a.example'] } });
    expect(await loadConfig({ config }, { CONSILIUM_STATE: '/from/env' })).toMatchObject({ state: '/from/env' });
    const flagged = await loadConfig({ config, state: '/from/flag', grpcPort: '2' }, { CONSILIUM_STATE: '/from/env' });
    expect(flagged).toMatchObject({ state: '/from/flag', grpc: { port: 2, serverNames: ['a.example'] } });
  });

  it('names the nearest field for an unknown one', async () => {
    const config = await file('consortium: heart\ngrpc: { publicAdress: "a:1" }\n');
    await expect(loadConfig({ config }, {})).rejects.toMatchObject({
      code: 'INVALID_FILE',
      exitCode: 2,
      message: expect.stringContaining('grpc.publicAdress: unknown field') as string,
      fix: 'Did you mean "publicAddress"?',
    });
  });

  it('refuses a port that is none, a file that is not there and a database secret that others can read', async () => {
    await expect(loadConfig({ consortium: 'heart', httpPort: 'eighty' }, {})).rejects.toMatchObject({ code: 'INVALID_FILE', exitCode: 2 });
    await expect(loadConfig({ config: join(directory, 'none.yaml') }, {})).rejects.toMatchObject({ code: 'CONFIG_MISSING', exitCode: 2 });
    const secret = join(directory, 'database.url');
    await writeFile(secret, 'postgres://x', { mode: 0o644 });
    const config = await file(`consortium: heart\ndatabaseUrlFile: ${secret}\n`);
    await expect(loadConfig({ config }, {})).rejects.toMatchObject({ code: 'KEY_FILE_MODE', exitCode: 4 });
  });

  it('says in one sentence which port is taken', () => {
    const taken = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' });
    expect(listenError(taken, 'HTTP', '127.0.0.1', 7480)).toMatchObject({
      code: 'PORT_IN_USE',
      exitCode: 2,
      message: 'Port 7480 on 127.0.0.1, meant for HTTP, is already in use.',
    });
    expect(listenError('other', 'gRPC', 'h', 1)).toBe('other');
  });
});
