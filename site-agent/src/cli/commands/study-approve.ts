import { ConsiliumError, type ResolvedStudy } from '@consilium/protocol';
import {
  checkDecision,
  checkStudyCohort,
  policyRefusals,
  readStoredStudy,
  refuseBadCohort,
  sendDecision,
  signDecision,
  studySummary,
} from '../../approval/index.js';
import type { SiteConfig } from '../../config/index.js';
import { findApproval, type SiteState } from '../../state/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { knownStudy } from '../known-study.js';
import { asMember, configFile } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly until?: string; readonly release?: string; readonly yes?: boolean };
}

export const addApprove: AddCommands = (parent, frame) => {
  parent
    .command('approve')
    .argument('<hash>', 'at least 4 digits')
    .description("check a study against this site's rules and data, and sign the approval")
    .option('--until <date>', 'last day on which it counts, YYYY-MM-DD')
    .option('--release <when>', 'ask: vote at the end; in-advance: the release of the model is approved now', 'ask')
    .option('--yes', 'do not ask')
    .action(
      frame('study approve', ({ io, globals, options }: Context, prefix: string) =>
        asMember(configFile(globals.config, io), async (member) => {
          const { state, config, keys, connection } = member;
          const stored = await knownStudy(member, io, prefix, false);
          const study = readStoredStudy(stored);
          const limits = { release: releaseOf(options.release), until: dayOf(options.until) };
          checkDecision(study, limits, new Date());
          await checkRules(state, config, study);
          if (io.interactive && options.yes !== true)
            for (const { heading, lines } of studySummary(stored.hash, study)) io.stderr.write(`${heading}\n  ${lines.join('\n  ')}\n`);
          await confirmByName(io, options.yes === true, 'Approve this study?', study.name);
          const statement = signDecision(state, keys, { study: stored.hash, decision: 'approve', ...limits }, new Date());
          await sendDecision(state, connection, stored.hash, { signal: io.signal }).catch(keptForLater);
          const delivered = findApproval(state, stored.hash)?.sentAt !== null;
          return {
            data: { study: stored.hash, name: study.name, ...limits, signedAt: statement.signedAt, delivered },
            text: `Approved ${study.name} (${stored.hash.slice(0, 8)}), signed with this site's key.\nNext: consilium-site run, if the agent does not run yet.`,
          };
        }),
      ),
    );
};

/** @throws SiteRefused, CohortRefused: the first reason against; ConsiliumError STUDY_OF_OTHERS */
async function checkRules(state: SiteState, config: SiteConfig, study: ResolvedStudy): Promise<void> {
  if (!study.sites.names.includes(config.site))
    throw new ConsiliumError({
      code: 'STUDY_OF_OTHERS',
      errorClass: 'refused',
      message: `The study does not name ${config.site} among its sites.`,
      fix: 'Ask the researcher to add the site to sites.names and to propose the study again.',
    });
  const [refused] = policyRefusals(study, config);
  if (refused) throw refused;
  refuseBadCohort(await checkStudyCohort(state, config, study.cohort.name, study.cohort));
}

/** The signed decision is stored; the running agent sends it when it connects. */
export function keptForLater(error: unknown): never {
  if (!(error instanceof ConsiliumError)) throw error;
  const { code, errorClass, message, fix, cause } = error;
  const away = errorClass === 'unreachable' || errorClass === 'timeout';
  throw new ConsiliumError({
    code,
    errorClass,
    message: `The decision is signed and counts at this site, but the coordinator does not have it yet: ${message}`,
    fix: away ? 'The running agent sends it when it connects; or run the same command again.' : fix,
    cause,
  });
}

function releaseOf(text: string | undefined): 'ask' | 'in-advance' {
  if (text === 'ask' || text === 'in-advance') return text;
  throw new ConsiliumError({
    code: 'USAGE',
    errorClass: 'usage',
    message: '--release is "ask" or "in-advance".',
    fix: 'Give one of the two, or leave it out.',
  });
}

function dayOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const day = new Date(`${text}T00:00:00.000Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return text;
  throw new ConsiliumError({ code: 'INVALID_DATE', errorClass: 'usage', message: '--until is not a day.', fix: 'Give it as YYYY-MM-DD.' });
}
