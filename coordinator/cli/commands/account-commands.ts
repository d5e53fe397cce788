import type { Command } from 'commander';
import { textTable } from '../text-table.js';
import type { Run } from './command-context.js';

export function accountCommands(program: Command, run: Run): void {
  const account = program.command('account').description('the people of the consortium');

  run(account.command('list').description('who has an account, and what they may'), async ({ api }) => {
    const { items } = await api.accounts();
    const rows = items.map((view) => [
      view.email,
      view.name,
      view.roles.join(','),
      view.sites.join(',') || '-',
      view.state,
      view.totp ? 'yes' : 'no',
      view.lastSignIn ?? 'never',
    ]);
    return {
      data: { items },
      text:
        rows.length === 0
          ? 'Nobody has an account yet.'
          : textTable(['E-MAIL', 'NAME', 'ROLES', 'SITES', 'STATE', '2ND FACTOR', 'LAST SIGN-IN'], rows),
      next: rows.length === 0 ? 'consilium account invite EMAIL --name NAME --role admin' : undefined,
    };
  });

  run<{ name: string; role: readonly string[]; site?: readonly string[] }>(
    account
      .command('invite')
      .description('give a person an account; answers with a one-time link for them')
      .argument('<email>')
      .requiredOption('--name <name>', 'as others see it')
      .requiredOption('--role <role...>', 'researcher, site-it, compliance, admin')
      .option('--site <site...>', 'what site-it and compliance are bound to'),
    async ({ api }, [email = ''], { name, role, site = [] }) => {
      const { account: made, inviteLink } = await api.inviteAccount({ email, name, roles: role, sites: site });
      return {
        data: { account: made, inviteLink },
        text: inviteLink,
        next: `hand the link to ${made.name}; it works once, within 7 days.`,
      };
    },
  );
}
