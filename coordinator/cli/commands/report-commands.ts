import type { Command } from 'commander';
import { replaceFile } from '../write-files.js';
import type { Run } from './command-context.js';

export function reportCommands(program: Command, run: Run): void {
  const report = program.command('report').description('what officers hand in, with every number from the ledgers');
  run<{ site: string; from: string; to: string; output: string }>(
    report
      .command('dpo')
      .description('the record of processing of a site (GDPR Art. 30(1)) as PDF, and its JSON beside it')
      .requiredOption('--site <name>', 'whose populations')
      .requiredOption('--from <day>', 'first day, such as 2026-01-01 (UTC)')
      .requiredOption('--to <day>', 'last day')
      .requiredOption('-o, --output <file>', 'where it goes, such as dpo.pdf'),
    async ({ api }, _, { site, from, to, output }) => {
      const { id } = await api.dpoReport({ site, from, to });
      const [pdf, json] = await Promise.all([api.report(id, 'pdf'), api.report(id, 'json')]);
      const beside = `${output.replace(/\.pdf$/, '')}.json`;
      await replaceFile(output, pdf);
      await replaceFile(beside, json);
      return {
        data: { report: id, pdf: output, json: beside, bytes: pdf.length },
        text: `${output}\n${beside}`,
        next: 'complete what it marks "To be completed"; compare its ledger head with consilium-site ledger head at the site',
      };
    },
  );
}
