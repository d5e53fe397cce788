import { certificateLife } from '@consilium/identity';
import { egressTotals } from '../../egress/index.js';
import { certificateWarning } from '../../membership/index.js';
import {
  findMembership,
  isAgentRunning,
  listStudies,
  newestRoster,
  recordedEngine,
  rosterInForce,
  type RecordedEngine,
} from '../../state/index.js';
import type { AddCommands } from '../command-frame.js';
import { describeStudy } from '../describe-study.js';
import { configFile, withState } from '../workplace.js';

export const addStatus: AddCommands = (program, frame) => {
  program
    .command('status')
    .description('this site at a glance; asks nobody')
    .action(
      frame('status', ({ io, globals }) =>
        withState(configFile(globals.config, io), async (state, config) => {
          const membership = findMembership(state);
          const ends = membership && certificateLife(membership.certificatePem).endsAt;
          const certificateUntil = ends?.toISOString();
          const warning = ends && certificateWarning(ends, new Date());
          const inForce = rosterInForce(state);
          const newest = newestRoster(state);
          const running = isAgentRunning(state.layout.lock);
          const engine = recordedEngine(state);
          const studies = listStudies(state).map((stored) => describeStudy(state, stored));
          const sent = Object.values((await egressTotals(state.layout.egress)).bytes).reduce((sum, bytes) => sum + bytes, 0);
          const cohorts = [...config.cohorts.keys()];
          const lines = [
            `site         ${config.site}`,
            `member of    ${membership ? `${membership.consortium}, ${newest?.members.length ?? 0} members` : 'nothing yet (consilium-site join)'}`,
            `coordinator  ${config.coordinator}`,
            ...(certificateUntil === undefined
              ? []
              : [`certificate  until ${certificateUntil.slice(0, 10)}${warning === undefined ? '' : `: ${warning}`}`]),
            ...(newest === undefined ? [] : [`roster       ${rosterLine(newest.epoch, inForce?.epoch)}`]),
            `agent        ${running ? 'running' : 'not running'}`,
            `engine       ${engineLine(config.engine, engine)}`,
            `cohorts      ${cohorts.join(', ') || 'none'}`,
            `sent         ${sent} bytes (consilium-site egress show)`,
            ...studies.map(({ line }) => `study        ${line}`),
          ];
          const data = {
            site: config.site,
            consortium: membership?.consortium ?? null,
            coordinator: config.coordinator,
            certificateUntil: certificateUntil ?? null,
            certificateWarning: warning ?? null,
            roster: { epoch: newest?.epoch ?? null, countersigned: inForce?.epoch ?? null },
            running,
            engine: { configured: config.engine, chosen: engine ?? null },
            cohorts,
            egressBytes: sent,
            studies: studies.map(({ data: one }) => one),
          };
          return { data, text: lines.join('\n') };
        }),
      ),
    );
};

/** What the agent trained on when it last started, and why. */
function engineLine(configured: string, engine: RecordedEngine | undefined): string {
  if (engine === undefined) return `${configured}; the agent chooses when it starts`;
  const { name, version, devices, why } = engine;
  const what = [version, ...(devices ?? [])].filter((text) => text !== undefined).join(', ');
  return `${name}${what === '' ? '' : ` (${what})`}: ${why}`;
}

function rosterLine(epoch: number, countersigned: number | undefined): string {
  if (countersigned === undefined) return `epoch ${epoch}, not confirmed yet (consilium-site roster confirm)`;
  return countersigned === epoch
    ? `epoch ${epoch}, countersigned`
    : `epoch ${epoch}, countersigned up to ${countersigned} (consilium-site roster countersign)`;
}
