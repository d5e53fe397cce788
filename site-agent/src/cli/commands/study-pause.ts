import type { StudyHash } from '@consilium/protocol';
import { pauseStudy, resumeStudy, type MemberWork } from '../../decisions/index.js';
import { studyByPrefix } from '../../state/index.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { readOfficerKey } from '../officer-key-file.js';
import type { Outcome } from '../outcome.js';
import { asMember, configFile } from '../workplace.js';

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

async function pause(member: MemberWork, io: CliIo, hash: StudyHash, given: string | undefined): Promise<Outcome> {
  const key = await readOfficerKey(io, given);
  const { by, signedAt, kept, spent } = await pauseStudy(member, { hash, key, signal: io.signal });
  return {
    data: { study: hash, paused: true, by, signedAt, spent },
    text: [
      `${kept ? 'Was paused already' : 'Paused'}: this site takes part in no step of ${hash.slice(0, 8)} until it is resumed.`,
      spent.sentence,
      `Next: consilium-site study resume ${hash.slice(0, 8)}${by === 'officer' ? ' --key FILE' : ''}`,
    ].join('\n'),
  };
}

async function resume(member: MemberWork, io: CliIo, hash: StudyHash, given: string | undefined): Promise<Outcome> {
  const key = await readOfficerKey(io, given);
  const paused = await resumeStudy(member, { hash, key, signal: io.signal });
  return {
    data: { study: hash, paused: false },
    text: paused
      ? `Resumed: this site takes part in ${hash.slice(0, 8)} again, from the next round on.`
      : `Study ${hash.slice(0, 8)} is not paused at this site.`,
  };
}
