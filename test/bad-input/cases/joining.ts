import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mintJoinToken, parseJoinToken } from '@consilium/identity';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from '../../support/free-port.js';
import type { World } from '../world.js';

/** Tokens that do not work, and a coordinator that is not there. */
export function joining(world: () => World): void {
  /** Somebody who wants to join as `site` with `token`; nothing is there yet but a `site.yaml`. */
  async function joinAs(site: string, token: string, coordinator = `127.0.0.1:${world().consortium.grpcPort}`) {
    const { consortium } = world();
    const folder = consortium.siteDirectory('stranger');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(consortium.siteConfig('stranger'), stringify({ site, coordinator, state: 'state' }));
    await writeFile(join(folder, 'join.token'), token, { mode: 0o600 });
    try {
      return await world().refusedSite('stranger', 'join', '--token-file', join(folder, 'join.token'), '--timeout', '20s');
    } finally {
      await world().forget('stranger');
    }
  }

  describe('joining', () => {
    it('with a token that somebody else has used', async () => {
      const { consortium } = world();
      const used = await readFile(join(consortium.siteDirectory('a'), 'join.token'), 'utf8');
      expect(await joinAs('a', used)).toMatchObject({
        exit: 4,
        code: 'TOKEN_USED',
        fix: expect.stringContaining('consilium site invite') as string,
      });
    });

    it('again, as a member', async () => {
      const token = join(world().consortium.siteDirectory('a'), 'join.token');
      const refusal = await world().refusedSite('a', 'join', '--token-file', token);
      expect(refusal).toMatchObject({ exit: 2, code: 'ALREADY_JOINED' });
    });

    it('with a token that has expired', async () => {
      const token = await world().invite('e');
      await world().withDatabase((client) =>
        client.query("update join_tokens set expires_at = now() - interval '1 second' where site = 'e'"),
      );
      expect(await joinAs('e', token)).toMatchObject({ exit: 4, code: 'TOKEN_EXPIRED', message: 'This join token has expired.' });
    });

    it('with a token of another consortium: its CA is not the one that answers', async () => {
      const { consortium } = world();
      const { token } = mintJoinToken({ url: `127.0.0.1:${consortium.grpcPort}`, caSpkiSha256: 'ab'.repeat(32), site: 'e' });
      expect(await joinAs('e', token)).toMatchObject({ exit: 6, code: 'CA_MISMATCH' });
    });

    it('with a token that the coordinator never gave', async () => {
      const known = parseJoinToken(await world().invite('e'));
      const { token } = mintJoinToken({ url: known.coordinator, caSpkiSha256: known.caSpkiSha256, site: 'e' });
      expect(await joinAs('e', token)).toMatchObject({ exit: 4, code: 'TOKEN_UNKNOWN' });
    });

    it("with another site's token, or one of another coordinator", async () => {
      const token = await world().invite('e');
      expect(await joinAs('f', token)).toMatchObject({
        exit: 2,
        code: 'TOKEN_FOREIGN',
        message: expect.stringMatching(/site e;.* f\.$/) as string,
      });
      expect(await joinAs('e', token, 'coord.elsewhere.example:443')).toMatchObject({ exit: 2, code: 'TOKEN_FOREIGN' });
    });

    it('with a token that was cut short or mistyped', async () => {
      const token = await world().invite('e');
      expect(await joinAs('e', token.slice(0, 60))).toMatchObject({ exit: 2, code: 'TOKEN_INVALID' });
      const other = token[40] === 'x' ? 'y' : 'x';
      expect(await joinAs('e', `${token.slice(0, 40)}${other}${token.slice(41)}`)).toMatchObject({ exit: 2, code: 'TOKEN_INVALID' });
    });

    it('where no coordinator is', async () => {
      const known = parseJoinToken(await world().invite('e'));
      const nowhere = `127.0.0.1:${await freePort()}`;
      const { token } = mintJoinToken({ url: nowhere, caSpkiSha256: known.caSpkiSha256, site: 'e' });
      const refusal = await joinAs('e', token, nowhere);
      expect(refusal).toMatchObject({ exit: 3, code: 'COORDINATOR_UNREACHABLE' });
      expect(refusal.message).toContain(nowhere);
      expect(await world().refusedConsilium('--url', `http://${nowhere}`, 'study', 'status')).toMatchObject({
        exit: 3,
        code: 'COORDINATOR_UNREACHABLE',
      });
    });
  });
}
