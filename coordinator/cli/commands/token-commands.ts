import type { Command } from 'commander';
import { textTable } from '../text-table.js';
import { writeNewFile } from '../write-files.js';
import type { Run } from './command-context.js';

export function tokenCommands(program: Command, run: Run): void {
  const token = program.command('token').description('API tokens: for programs that act for you');

  run<{ scope: readonly string[]; days: string; output?: string }>(
    token
      .command('create')
      .description('make a token; it is shown once')
      .argument('<name>', 'what it is for')
      .option('--scope <scope...>', 'area:read or area:write, such as studies:read; * for every area', ['*:read'])
      .option('--days <days>', 'how long it lasts, 1 to 90', '30')
      .option('-o, --output <file>', 'write it to a new file of mode 0600'),
    async ({ api }, [name = ''], { scope, days, output }) => {
      const { token: secret, ...view } = await api.createToken({ name, scopes: scope, days: Number(days) });
      if (output === undefined)
        return { data: { ...view, token: secret }, text: secret, next: `keep it well: it is not shown again, and ends ${view.expiresAt}.` };
      await writeNewFile(output, `${secret}\n`, 0o600);
      return { data: { ...view, file: output }, text: `${output} holds the token ${view.id}, which ends ${view.expiresAt}.` };
    },
  );

  run(token.command('list').description("your tokens; as an admin, everybody's"), async ({ api }) => {
    const { items } = await api.tokens();
    const rows = items.map((view) => [view.id, view.name, view.owner, view.scopes.join(' '), view.expiresAt, view.lastUsedAt ?? 'never']);
    return {
      data: { items },
      text: rows.length === 0 ? 'No tokens.' : textTable(['ID', 'NAME', 'OWNER', 'SCOPES', 'ENDS', 'LAST USED'], rows),
    };
  });

  run(token.command('revoke').description('end a token now').argument('<id>'), async ({ api }, [id = '']) => {
    await api.revokeToken(id);
    return { data: { id }, text: `Token ${id} is ended.` };
  });
}
