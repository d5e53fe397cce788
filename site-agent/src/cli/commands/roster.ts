import { ConsiliumError } from '@consilium/protocol';
import type { Roster } from '@consilium/identity';
import { countersign, fetchRosters, sendCountersignature, type ReceivedRoster } from '../../roster/index.js';
import { newestRoster, readMembership, rosterInForce, type SiteState } from '../../state/index.js';
import { confirmByName } from '../ask.js';
import type { CliIo } from '../cli-io.js';
import type { AddCommands, GlobalOptions } from '../command-frame.js';
import { describeRoster, type RosterDescription } from '../describe-roster.js';
import type { Outcome } from '../outcome.js';
import type { MemberWork } from '../../decisions/index.js';
import { asMember, configFile } from '../workplace.js';

interface Context {
  readonly io: CliIo;
  readonly globals: GlobalOptions;
  readonly options: { readonly offline?: boolean; readonly yes?: boolean };
}

/** Enough for a coordinator that answers; nobody should wait longer for one that does not. */
const ASK_MS = 10_000;

export const addRoster: AddCommands = (program, frame) => {
  const roster = program.command('roster').description("the members' keys, as this site holds them");
  roster
    .command('show')
    .description('eight words for each member, to compare by phone, and what is new since this site countersigned')
    .option('--offline', 'do not ask the coordinator for a newer one')
    .action(
      frame('roster show', ({ io, globals, options }: Context) =>
        asMember(configFile(globals.config, io), async (member) => {
          const received = options.offline === true ? undefined : await newest(member, io);
          const { lines, data } = describe(member.state, received);
          return { data, text: lines.join('\n') };
        }),
      ),
    );
  roster
    .command('confirm')
    .description('confirm the first roster, as it was when this site joined, after comparing its words by phone')
    .option('--yes', 'the words have been compared; do not ask')
    .action(
      frame('roster confirm', ({ io, globals, options }: Context) =>
        asMember(configFile(globals.config, io), async (member) => {
          const inForce = rosterInForce(member.state);
          if (inForce) throw alreadyConfirmed(inForce.epoch);
          return sign(member, io, options.yes === true, describe(member.state, undefined));
        }),
      ),
    );
  roster
    .command('countersign')
    .description('sign the newest roster, after comparing the words of everybody who is new in it by phone')
    .option('--yes', 'the words have been compared; do not ask')
    .action(
      frame('roster countersign', ({ io, globals, options }: Context) =>
        asMember(configFile(globals.config, io), async (member) => {
          if (!rosterInForce(member.state)) throw notConfirmed();
          return sign(member, io, options.yes === true, describe(member.state, await fetch(member, io)));
        }),
      ),
    );
};

/** Shows a roster, asks, signs it and sends the signature; one that is signed already is only sent. */
export async function sign(
  { state, keys, connection }: MemberWork,
  io: CliIo,
  yes: boolean,
  { roster, lines, data }: RosterDescription,
): Promise<Outcome> {
  if (io.interactive && !yes) io.stderr.write(`${lines.join('\n')}\n`);
  if (data.countersignedEpoch !== data.epoch) {
    await confirmByName(io, yes, 'Have you compared the words of everybody who is new with them by phone?', data.consortium);
    countersign(state, keys, roster);
  }
  await sendCountersignature(state, connection, { signal: io.signal }).catch(keptForLater);
  const news = data.members.filter(({ change }) => change !== null).map(({ site }) => site);
  return {
    data: { consortium: data.consortium, epoch: data.epoch, words: data.words, new: news, left: data.left },
    text: `Countersigned the roster of epoch ${data.epoch}: its keys count at this site now.\n  ${data.words}`,
  };
}

export function describe(state: SiteState, received: ReceivedRoster | undefined): RosterDescription {
  return describeRoster(received?.roster ?? requireNewest(state), rosterInForce(state), received?.countersigned);
}

function fetch({ state, keys, connection }: MemberWork, io: CliIo): Promise<ReceivedRoster> {
  const { consortium, site } = readMembership(state);
  return fetchRosters(state, connection, { consortium, site, keys }, { timeoutMs: ASK_MS, signal: io.signal });
}

/** Nothing, with a note, where the coordinator cannot be asked. */
async function newest(member: MemberWork, io: CliIo): Promise<ReceivedRoster | undefined> {
  try {
    return await fetch(member, io);
  } catch (error) {
    if (!isAway(error)) throw error;
    io.stderr.write('The coordinator cannot be reached; this is what the site has received before.\n');
    return undefined;
  }
}

const isAway = (error: unknown): error is ConsiliumError =>
  error instanceof ConsiliumError && (error.errorClass === 'unreachable' || error.errorClass === 'timeout');

function requireNewest(state: SiteState): Roster {
  const roster = newestRoster(state);
  if (roster) return roster;
  throw new ConsiliumError({
    code: 'ROSTER_MISSING',
    errorClass: 'failed',
    message: 'This site holds no roster.',
    fix: "Join again with a token from the coordinator's admin: consilium-site join --token-file FILE",
  });
}

function keptForLater(error: unknown): void {
  if (!isAway(error)) throw error;
  throw new ConsiliumError({
    code: error.code,
    errorClass: error.errorClass,
    message: `The roster is countersigned and counts at this site, but the coordinator does not have the signature yet: ${error.message}`,
    fix: 'The running agent sends it when it connects; or run the same command again.',
    cause: error.cause,
  });
}

const notConfirmed = () =>
  new ConsiliumError({
    code: 'ROSTER_NOT_CONFIRMED',
    errorClass: 'refused',
    message: 'The first roster has not been confirmed at this site yet.',
    fix: 'Compare its words with the other members by phone, then run: consilium-site roster confirm',
  });

const alreadyConfirmed = (epoch: number) =>
  new ConsiliumError({
    code: 'ROSTER_CONFIRMED',
    errorClass: 'usage',
    message: `The first roster has been confirmed; this site uses the keys of epoch ${epoch}.`,
    fix: 'For a newer one run: consilium-site roster countersign',
  });
