import { studySummary } from '../../approval/index.js';
import { approveStudy } from '../../decisions/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { knownStudy } from '../known-study.js';
import { readOfficerKey } from '../officer-key-file.js';
import { asMember, configFile } from '../workplace.js';

interface Options {
  readonly until?: string;
  readonly release?: string;
  readonly epsilonLimit?: string;
  readonly key?: string;
  readonly reason?: string;
  readonly yes?: boolean;
}

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: Options;
}

export const addApprove: AddCommands = (parent, frame) => {
  parent
    .command('approve')
    .argument('<hash>', 'at least 4 digits')
    .description("check a study against this site's rules and data, and sign the approval")
    .option('--epsilon-limit <epsilon>', 'take part only as long as the study costs no more, such as 4 or 0.5')
    .option('--until <date>', 'last day on which it counts, YYYY-MM-DD')
    .option('--release <when>', 'ask: vote at the end; in-advance: the release of the model is approved now', 'ask')
    .option('--key <file>', 'private key of an officer, or - for standard input; needed where site.yaml names officers')
    .option('--reason <text>', 'why; kept at this site, sent nowhere')
    .option('--yes', 'do not ask')
    .action(
      frame('study approve', ({ io, globals, options }: Context, prefix: string) =>
        asMember(configFile(globals.config, io), async (member) => {
          const stored = await knownStudy(member, io, prefix, false);
          const wish = { ...options, key: await readOfficerKey(io, options.key) };
          // A key on standard input leaves nobody there to ask.
          const asked = options.key === '-' ? { ...io, interactive: false } : io;
          const given = await approveStudy(
            member,
            stored,
            wish,
            async (study, warnings) => {
              for (const warning of warnings) io.stderr.write(`Warning: ${warning}\n`);
              const yes = options.yes === true;
              if (asked.interactive && !yes)
                for (const { heading, lines } of studySummary(stored.hash, study)) io.stderr.write(`${heading}\n  ${lines.join('\n  ')}\n`);
              await confirmByName(asked, yes, 'Approve this study?', study.name);
            },
            io.signal,
          );
          const { study, limits, statement, warnings, delivered } = given;
          const signedBy = statement.officer ? "an officer's key and this site's" : "this site's key";
          return {
            data: {
              study: stored.hash,
              name: study.name,
              ...limits,
              officer: statement.officer?.key ?? null,
              warnings,
              signedAt: statement.signedAt,
              delivered,
            },
            text: `Approved ${study.name} (${stored.hash.slice(0, 8)}), signed with ${signedBy}.\nNext: consilium-site run, if the agent does not run yet.`,
          };
        }),
      ),
    );
};
