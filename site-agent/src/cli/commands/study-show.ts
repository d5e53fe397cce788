import { changeLine, explainRefusal, studyDiff } from '@consilium/protocol';
import { approvedVersion, privacyCard, readStoredStudy, studySummary } from '../../approval/index.js';
import { studyByPrefix, type SiteState, type StoredStudy } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { describeStudy } from '../describe-study.js';
import { knownStudy } from '../known-study.js';
import type { Outcome } from '../outcome.js';
import { asMember, configFile, withState } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly offline?: boolean; readonly diff?: string };
}

export const addShow: AddCommands = (parent, frame) => {
  parent
    .command('show')
    .argument('<hash>', 'at least 4 digits')
    .description('one study in plain words, as this site received it')
    .option('--diff <hash>', 'what changed since another version of it, such as the one last approved')
    .option('--offline', 'ask nobody')
    .action(
      frame('study show', async ({ io, globals, options }: Context, prefix: string) => {
        const file = configFile(globals.config, io);
        const other = options.diff;
        if (options.offline === true) return withState(file, (state) => shown(state, studyByPrefix(state, prefix), other));
        return asMember(file, async (member) => shown(member.state, await knownStudy(member, io, prefix, false), other));
      }),
    );
};

function shown(state: SiteState, stored: StoredStudy, other: string | undefined): Outcome {
  const study = readStoredStudy(stored);
  const { line, data } = describeStudy(state, stored);
  const parts = studySummary(stored.hash, study);
  const changed = other === undefined ? undefined : changesSince(state, stored, other);
  const approved = data.decision === 'approved' ? undefined : approvedVersion(state, stored.hash);
  const stale = approved === undefined ? null : { approved: approved.slice(0, 8), current: stored.hash.slice(0, 8) };
  const text = [
    ...parts.map(({ heading, lines }) => [heading, ...lines.map((one) => `  ${one}`)].join('\n')),
    ...(changed === undefined ? [] : [[`Changed since ${changed.from.slice(0, 8)}`, ...lines(changed.changes.map(changeLine))].join('\n')]),
    'At this site',
    `  ${line}`,
    ...(stale === null ? [] : [`  APPROVAL_STALE: ${staleLine(stale, changed === undefined)}`]),
  ];
  return {
    data: {
      ...data,
      summary: parts,
      privacy: privacyCard(study),
      ...(changed === undefined ? {} : { diff: changed }),
      stale,
      specification: study,
    },
    text: text.join('\n'),
  };
}

const lines = (changes: readonly string[]): readonly string[] => (changes.length === 0 ? ['nothing'] : changes).map((one) => `  ${one}`);

function changesSince(state: SiteState, stored: StoredStudy, prefix: string) {
  const other = studyByPrefix(state, prefix);
  return { from: other.hash, changes: studyDiff(readStoredStudy(other), readStoredStudy(stored)) };
}

function staleLine(fields: { readonly approved: string; readonly current: string }, hint: boolean): string {
  const { what } = explainRefusal({ code: 'APPROVAL_STALE', fields });
  return hint ? `${what} See what changed: consilium-site study show ${fields.current} --diff ${fields.approved}` : what;
}
