import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import { knownOfficerKey, requireOfficerKey, sendDecision, signPause, whatStaysSpent } from '../../approval/index.js';
import { spentBudget } from '../../ledger/index.js';
import { findApproval, findPause, studyByPrefix, type SiteState } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { populationOf } from '../known-study.js';
import { keptForLater } from '../kept-for-later.js';
import { readOfficerKey } from '../officer-key-file.js';
import type { Outcome } from '../outcome.js';
import { asMember, configFile, type MemberWork } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly key?: string };
}

type Act = (member: MemberWork, io: CliIo, hash: StudyHash, key: string | undefined) => Promise<Outcome>;

export const addPause: AddCommands = (parent, frame) => {
  const command = (name: 'pause' | 'resume', description: string, key: string, act: Act) =>
    parent
      .command(name)
      .argument('<hash>', 'at least 4 digits')
      .description(description)
      .option('--key <file>', key)
      .action(
        frame(`study ${name}`, ({ io, globals, options }: Context, prefix: string) =>
          asMember(configFile(globals.config, io), (member) => act(member, io, studyByPrefix(member.state, prefix).hash, options.key)),
        ),
      );
  command(
    'pause',
    'let this site rest from the next step on; the approval stands',
    'private key of an officer, or -: then only an officer resumes',
    pause,
  );
  command('resume', 'take part again, from the next round on', 'private key of an officer, or -: needed where an officer paused', resume);
};

/** What an officer paused is not turned into something that anybody may resume. */
async function pause(
  { state, config, keys, connection }: MemberWork,
  io: CliIo,
  hash: StudyHash,
  given: string | undefined,
): Promise<Outcome> {
  requireApproved(state, hash);
  const key = await readOfficerKey(io, given);
  const officer = key && knownOfficerKey(key, config.officers);
  const before = findPause(state, hash)?.statement;
  const kept = before && (before.by === 'officer' || !officer);
  const { by, signedAt } = kept
    ? before
    : signPause(
        state,
        { site: keys, officer, population: populationOf(state, config, hash) },
        { study: hash, decision: 'pause' },
        new Date(),
      );
  const spent = whatStaysSpent(state, hash, await spentBudget(state, config, hash));
  await sendDecision(state, connection, hash, { signal: io.signal }).catch(keptForLater);
  return {
    data: { study: hash, paused: true, by, signedAt, spent },
    text: [
      `${kept ? 'Was paused already' : 'Paused'}: this site takes part in no step of ${hash.slice(0, 8)} until it is resumed.`,
      spent.sentence,
      `Next: consilium-site study resume ${hash.slice(0, 8)}${by === 'officer' ? ' --key FILE' : ''}`,
    ].join('\n'),
  };
}

async function resume(
  { state, config, keys, connection }: MemberWork,
  io: CliIo,
  hash: StudyHash,
  given: string | undefined,
): Promise<Outcome> {
  requireApproved(state, hash);
  const paused = findPause(state, hash)?.statement;
  const key = await readOfficerKey(io, given);
  const officer = paused?.by === 'officer' ? requireOfficerKey(key, config.officers) : key && knownOfficerKey(key, config.officers);
  if (paused)
    signPause(
      state,
      { site: keys, officer, population: populationOf(state, config, hash) },
      { study: hash, decision: 'resume' },
      new Date(),
    );
  await sendDecision(state, connection, hash, { signal: io.signal }).catch(keptForLater);
  return {
    data: { study: hash, paused: false },
    text: paused
      ? `Resumed: this site takes part in ${hash.slice(0, 8)} again, from the next round on.`
      : `Study ${hash.slice(0, 8)} is not paused at this site.`,
  };
}

function requireApproved(state: SiteState, hash: StudyHash): void {
  if (findApproval(state, hash)?.statement.decision === 'approve') return;
  throw new ConsiliumError({
    code: 'NOT_APPROVED',
    errorClass: 'refused',
    message: 'This site does not take part in that study.',
    fix: 'There is nothing to pause or to resume; see: consilium-site study list',
  });
}
