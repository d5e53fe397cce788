import type { Command } from 'commander';
import { ConsiliumError } from '@consilium/protocol';
import { ChainCheck } from '../../src/audit/verify-chain.js';
import type { AuditHead } from '../../src/audit/audit-entry.js';
import { readGivenFile } from '../read-given-file.js';
import type { Run } from './command-context.js';

export function auditCommands(program: Command, run: Run): void {
  const audit = program.command('audit').description('who changed what');

  run<{ head?: string }>(
    audit
      .command('verify')
      .description('follow the chain of the audit log on this machine, entry by entry; exit 6 names the first bad one')
      .argument('[file]', 'JSON Lines of an export; without it, the log is fetched')
      .option('--head <seq:hash>', 'an end of the chain that you noted earlier: the chain must go through it'),
    async ({ api }, [file], { head }) => {
      const bytes = file === undefined ? await api.auditLog() : await readGivenFile(file);
      const check = new ChainCheck(head === undefined ? undefined : headOf(head));
      for (const line of bytes.toString('utf8').split('\n')) if (line !== '' && !check.take(parsed(line))) break;
      const report = check.report();
      const { seq, hash } = report.head;
      if (report.firstBad !== undefined)
        throw new ConsiliumError({
          code: 'AUDIT_INVALID',
          errorClass: 'verification',
          message: `Entry ${report.firstBad.seq} of the audit log does not hold: ${report.firstBad.reason}.`,
          fix: 'Keep this copy, compare it with exports and heads that were noted earlier, and ask who had access to the database.',
        });
      return {
        data: { ok: true, entries: report.entries, head: { seq, hash } },
        text: `${report.entries} entries, each over the one before.\nhead ${seq}:${hash}`,
        next: 'note the head somewhere else: consilium audit verify --head SEQ:HASH shows later whether the log was written anew.',
      };
    },
  );
}

function headOf(text: string): AuditHead {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash };
  throw new ConsiliumError({
    code: 'USAGE',
    errorClass: 'usage',
    message: 'What is given with --head is no head of an audit log.',
    fix: 'Give it as consilium audit verify prints it: SEQ:HASH.',
  });
}

/** A line that is no JSON is a link that does not hold. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
