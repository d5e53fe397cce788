import IconCheck from '@tabler/icons-react/icons/IconCheck';
import IconPlayerPlay from '@tabler/icons-react/icons/IconPlayerPlay';
import IconX from '@tabler/icons-react/icons/IconX';
import type { ReactNode } from 'react';
import type { StudyView } from '../../api/studies.js';
import { words } from '../../words/index.js';

const { study: w } = words;
type Step = { readonly name: string; readonly detail?: string; readonly state: 'done' | 'now' | 'halted' | 'open' };

/** The study's course, from the proposal to the release. */
export function Course({ study }: { readonly study: StudyView }): ReactNode {
  return (
    <ol className="course">
      {steps(study).map(({ name, detail, state }) => (
        <li key={name} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
          <strong>
            {state === 'done' && <IconCheck size={14} aria-hidden />}
            {state === 'now' && <IconPlayerPlay size={13} aria-hidden />}
            {state === 'halted' && <IconX size={14} aria-hidden />}
            {name}
          </strong>
          {detail && <span className="nums">{detail}</span>}
        </li>
      ))}
    </ol>
  );
}

function steps({ state, approvals, sites, round, rounds, releaseVotes }: StudyView): readonly Step[] {
  const approved = approvals.length >= sites.length;
  const halted = state === 'stopped' || state === 'failed';
  // How far it came; a study that was halted stands where it stood.
  const reached = halted
    ? round > 0
      ? 3
      : approved
        ? 2
        : 1
    : { proposed: approved ? 2 : 1, queued: 2, keys: 2, running: 3, waiting: round > 0 ? 3 : 2, releasing: 4, done: 6 }[state];
  const yes = state === 'done' ? sites.length : releaseVotes.filter(({ vote }) => vote === 'yes').length;
  const details = [
    undefined,
    w.stepDetail.approvals(approvals.length, sites.length),
    undefined,
    w.stepDetail.rounds(round, rounds),
    reached >= 4 ? w.stepDetail.votes(yes, sites.length) : undefined,
    undefined,
  ];
  return Object.values(w.steps).map((name, index) => ({
    name,
    ...(details[index] === undefined ? {} : { detail: details[index] }),
    state: index < reached ? 'done' : index > reached ? 'open' : halted ? 'halted' : 'now',
  }));
}
