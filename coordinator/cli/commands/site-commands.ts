import type { Command } from 'commander';
import { fingerprintWords, parseJoinToken } from '@consilium/identity';
import { confirm } from '../confirm.js';
import { textTable } from '../text-table.js';
import { writeNewFile } from '../write-files.js';
import type { Run } from './command-context.js';

export function siteCommands(program: Command, run: Run): void {
  const site = program.command('site').description('the hospitals of the consortium');

  run<{ expires: string; output?: string }>(
    site
      .command('invite')
      .description('make a one-time join token for a site')
      .argument('<name>', 'lower-case letters, digits and hyphens')
      .option('--expires <duration>', 'how long the token can be used', '24h')
      .option('-o, --output <file>', 'write the token to a new file of mode 0600'),
    async ({ api, terminal }, [name = ''], { expires, output }) => {
      const { site: invited, token, expiresAt } = await api.invite(name, expires);
      const words = fingerprintWords(Buffer.from(parseJoinToken(token).caSpkiSha256, 'hex'));
      terminal.say(`The consortium's words, which the site's IT will see and compare with you by phone:\n  ${words}`);
      if (output === undefined)
        return {
          data: { site: invited, token, expiresAt, words },
          text: token,
          next: `hand the token to ${invited}; it works once, until ${expiresAt}.`,
        };
      await writeNewFile(output, `${token}\n`, 0o600);
      return {
        data: { site: invited, expiresAt, file: output, words },
        text: `${output} holds the token of ${invited}, valid until ${expiresAt}.`,
        next: `hand it to ${invited}, whose IT runs consilium-site join --token-file FILE.`,
      };
    },
  );

  run(
    site.command('admit').description('make a site that has joined a member').argument('<name>'),
    async ({ api, terminal }, [name = '']) => {
      const words = terminal.interactive ? (await api.sites()).items.find((known) => known.site === name)?.words : undefined;
      if (words)
        await confirm(
          terminal,
          { show: `Compare these words with ${name}, by phone:\n  ${words}`, ask: `Type "${name}" when they are the same: `, word: name },
          { message: `${name} was not admitted.`, fix: `Compare the words, then again: consilium site admit ${name}.` },
        );
      const view = await api.admit(name);
      return { data: view, text: `${name} is a member of the consortium.\n  ${view.words ?? ''}`.trimEnd(), next: 'consilium site list' };
    },
  );

  run(
    site.command('revoke').description('end a membership: from the next call on, and open streams too').argument('<name>'),
    async ({ api, terminal }, [name = '']) => {
      await confirm(
        terminal,
        { show: `Running studies go on without ${name}, or fail, as their rules say.`, ask: `Type "${name}" to revoke it: `, word: name },
        { message: `${name} was not revoked.`, fix: `To revoke it: consilium site revoke ${name}.` },
      );
      const view = await api.revoke(name);
      return {
        data: view,
        text: `${name} is no member any more.`,
        next: `the other sites countersign the new roster (consilium-site roster countersign); to have ${name} back: consilium site invite ${name}.`,
      };
    },
  );

  run(site.command('roster').description("the members' keys as words, and who has countersigned them"), async ({ api }) => {
    const view = await api.roster();
    const rows = view.members.map((member) => [member.site, member.countersigned ? 'yes' : 'not yet', member.words]);
    return {
      data: view,
      text: `Epoch ${view.epoch}: ${view.words}\n${rows.length === 0 ? 'No members yet.' : textTable(['SITE', 'COUNTERSIGNED', 'WORDS'], rows)}`,
    };
  });

  run(site.command('list').description('all sites, their state and when they were last heard from'), async ({ api }) => {
    const { items } = await api.sites();
    const rows = items.map((view) => [
      view.site,
      view.state,
      view.connected ? 'connected' : (view.lastSeen ?? 'never connected'),
      view.cohorts.join(',') || '-',
      view.agentVersion ?? '-',
      view.words ?? '-',
    ]);
    const warnings = items.flatMap(({ certificateWarning }) => (certificateWarning === null ? [] : [`\n${certificateWarning}`]));
    const table = rows.length === 0 ? 'No sites yet.' : textTable(['SITE', 'STATE', 'LAST SEEN', 'COHORTS', 'AGENT', 'WORDS'], rows);
    const text = `${table}${warnings.join('')}`;
    return { data: { items }, text, next: rows.length === 0 ? 'consilium site invite NAME' : undefined };
  });
}
