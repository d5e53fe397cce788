import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateLayout } from '../../../site-agent/src/state/index.js';
import type { World } from '../world.js';

/** Field case OPS-2: a secret that others could read is not used, and the sentence holds the command that repairs it. */
export function openKeyFiles(world: () => World): void {
  async function withMode<T>(path: string, mode: number, right: number, work: () => Promise<T>): Promise<T> {
    await chmod(path, mode);
    try {
      return await work();
    } finally {
      await chmod(path, right);
    }
  }

  describe('a key that others can read', () => {
    beforeEach(() => world().consortium.agents.get('d')?.stop());
    afterEach(() => void world().consortium.startAgent('d'));

    it('of a site: neither the agent nor a command uses it, whichever of the three it is', async () => {
      const { siteKeys } = stateLayout(world().consortium.siteState('d'));
      const names = await readdir(siteKeys);
      expect(names).toHaveLength(3);
      for (const name of names) {
        const path = join(siteKeys, name);
        const refusal = await withMode(path, 0o644, 0o600, () => world().refusedSite('d', 'study', 'list'));
        expect(refusal).toMatchObject({
          exit: 4,
          code: 'KEY_FILE_MODE',
          message: `${path} has mode 0644; 0600 is needed.`,
          fix: `Run: chmod 600 ${path}`,
        });
      }
      const path = join(siteKeys, names[0] ?? '');
      expect(await withMode(path, 0o640, 0o600, () => world().refusedSite('d', 'run'))).toMatchObject({ exit: 4, code: 'KEY_FILE_MODE' });
    });

    it('or whose directory is open', async () => {
      const { keys } = stateLayout(world().consortium.siteState('d'));
      const refusal = await withMode(keys, 0o755, 0o700, () => world().refusedSite('d', 'run'));
      expect(refusal).toMatchObject({ exit: 2, code: 'FILE_MODE', message: `${keys} has mode 0755; 0700 is needed.` });
      expect(refusal.fix).toContain(`chmod 0700 '${keys}'`);
    });

    it('or is the admin token', async () => {
      const path = join(world().consortium.coordinatorState, 'admin.token');
      const refusal = await withMode(path, 0o644, 0o600, () => world().refusedConsilium('study', 'status'));
      expect(refusal).toMatchObject({
        exit: 4,
        code: 'KEY_FILE_MODE',
        message: `${path} has mode 0644; 0600 is needed.`,
        fix: `Run: chmod 600 ${path}`,
      });
    });
  });
}
