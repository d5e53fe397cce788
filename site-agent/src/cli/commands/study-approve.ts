import { epsilonText, shownEpsilon } from '@consilium/privacy';
import { ConsiliumError, EpsilonText, type ResolvedStudy } from '@consilium/protocol';
import {
  checkDecision,
  checkStudyRules,
  plannedEpsilon,
  readStoredStudy,
  requireOfficerKey,
  sendDecision,
  signDecision,
  studySummary,
  type Decision,
} from '../../approval/index.js';
import { chargedPopulation } from '../../ledger/index.js';
import { findApproval } from '../../state/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { keptForLater } from '../kept-for-later.js';
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
          const { state, config, keys, connection } = member;
          const stored = await knownStudy(member, io, prefix, false);
          const study = readStoredStudy(stored);
          const limits = limitsOf(options, study);
          checkDecision(study, limits, new Date());
          const officer = requireOfficerKey(await readOfficerKey(io, options.key), config.officers);
          const warnings = await checkStudyRules(state, config, study);
          for (const warning of warnings) io.stderr.write(`Warning: ${warning}\n`);
          const yes = options.yes === true;
          // A key on standard input leaves nobody there to ask.
          const asked = options.key === '-' ? { ...io, interactive: false } : io;
          if (asked.interactive && !yes)
            for (const { heading, lines } of studySummary(stored.hash, study)) io.stderr.write(`${heading}\n  ${lines.join('\n  ')}\n`);
          await confirmByName(asked, yes, 'Approve this study?', study.name);
          const decision: Decision = { study: stored.hash, decision: 'approve', ...limits, reason: options.reason ?? null };
          const population = chargedPopulation(study, config);
          const statement = signDecision(state, { site: keys, officer, population }, decision, new Date());
          await sendDecision(state, connection, stored.hash, { signal: io.signal }).catch(keptForLater);
          const delivered = findApproval(state, stored.hash)?.sentAt !== null;
          const signedBy = officer ? "an officer's key and this site's" : "this site's key";
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

function limitsOf(options: Options, study: ResolvedStudy): Pick<Decision, 'release' | 'until' | 'epsilonLimit'> {
  return { release: releaseOf(options.release), until: dayOf(options.until), epsilonLimit: epsilonOf(options.epsilonLimit, study) };
}

const refuse = (code: string, message: string, fix: string) => new ConsiliumError({ code, errorClass: 'usage', message, fix });

/** @throws ConsiliumError INVALID_EPSILON, EPSILON_WITHOUT_NOISE, EPSILON_ABOVE_LIMIT */
function epsilonOf(text: string | undefined, study: ResolvedStudy): string | null {
  if (text === undefined) return null;
  const parsed = EpsilonText.safeParse(text);
  if (!parsed.success)
    throw refuse(
      'INVALID_EPSILON',
      '--epsilon-limit is not an epsilon.',
      'Give a decimal number above 0 and at most 1000, such as 4 or 0.5.',
    );
  if (study.privacy.mode === 'none')
    throw refuse(
      'EPSILON_WITHOUT_NOISE',
      'A study of mode none has no epsilon that could be limited.',
      'Leave out --epsilon-limit, or ask for a study with noise.',
    );
  const price = plannedEpsilon(study);
  if (price > Number(parsed.data))
    throw refuse(
      'EPSILON_ABOVE_LIMIT',
      `If it runs as planned the study costs one patient epsilon ${epsilonText(shownEpsilon(price))}, more than the limit ${parsed.data}: this site would take part in no step.`,
      'Give a higher --epsilon-limit, or ask the researcher for a study with more noise or fewer rounds.',
    );
  return parsed.data;
}

function releaseOf(text: string | undefined): 'ask' | 'in-advance' {
  if (text === 'ask' || text === 'in-advance') return text;
  throw refuse('USAGE', '--release is "ask" or "in-advance".', 'Give one of the two, or leave it out.');
}

function dayOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const day = new Date(`${text}T00:00:00.000Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return text;
  throw refuse('INVALID_DATE', '--until is not a day.', 'Give it as YYYY-MM-DD.');
}
