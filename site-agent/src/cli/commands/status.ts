import { X509Certificate } from 'node:crypto';
import { egressTotals } from '../../egress/index.js';
import { findMembership, isAgentRunning, listStudies } from '../../state/index.js';
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
          const certificateUntil = membership && new X509Certificate(membership.certificatePem).validToDate.toISOString();
          const running = isAgentRunning(state.layout.lock);
          const studies = listStudies(state).map((stored) => describeStudy(state, stored));
          const sent = Object.values((await egressTotals(state.layout.egress)).bytes).reduce((sum, bytes) => sum + bytes, 0);
          const cohorts = [...config.cohorts.keys()];
          const lines = [
            `site         ${config.site}`,
            `member of    ${membership ? `${membership.consortium}, ${membership.roster.members.length} members` : 'nothing yet (consilium-site join)'}`,
            `coordinator  ${config.coordinator}`,
            ...(certificateUntil === undefined ? [] : [`certificate  until ${certificateUntil.slice(0, 10)}`]),
            `agent        ${running ? 'running' : 'not running'}`,
            `cohorts      ${cohorts.join(', ') || 'none'}`,
            `sent         ${sent} bytes (consilium-site egress show)`,
            ...studies.map(({ line }) => `study        ${line}`),
          ];
          const data = {
            site: config.site,
            consortium: membership?.consortium ?? null,
            coordinator: config.coordinator,
            certificateUntil: certificateUntil ?? null,
            running,
            cohorts,
            egressBytes: sent,
            studies: studies.map(({ data: one }) => one),
          };
          return { data, text: lines.join('\n') };
        }),
      ),
    );
};
