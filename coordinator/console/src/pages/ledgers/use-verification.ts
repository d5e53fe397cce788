import { useState } from 'react';
import { asProblem, type Problem } from '../../api/problem.js';
import type { Roster } from '../../api/sites.js';
import { verifyInWorker, type Verdict } from '../../ledger/verify-in-worker.js';
import { pinnedHead } from './pins.js';

export interface Verification {
  readonly of: string | undefined;
  readonly busy: boolean;
  readonly done: number;
  readonly total: number;
  readonly verdict: Verdict | undefined;
  readonly problem: Problem | undefined;
  run(of: string, load: () => Promise<{ readonly file: Uint8Array; readonly checkpoint: string | undefined }>): void;
}

type State = Omit<Verification, 'run'>;
const NOTHING: State = { of: undefined, busy: false, done: 0, total: 0, verdict: undefined, problem: undefined };

/** One check at a time, against the keys of the roster as it is shown here. */
export function useVerification(roster: Roster | undefined): Verification {
  const [state, setState] = useState(NOTHING);
  const run: Verification['run'] = (of, load) => {
    setState({ ...NOTHING, of, busy: true });
    const work = async () => {
      const { file, checkpoint } = await load();
      const keys = (roster?.members ?? []).map(({ site, identityKeys }) => [site, identityKeys] as const);
      const task = { file, checkpoint, keys, pinned: pinnedHead(of)?.size };
      const verdict = await verifyInWorker(task, (done, total) => setState((now) => ({ ...now, done, total })));
      setState((now) => ({ ...now, busy: false, verdict }));
    };
    work().catch((error: unknown) => setState((now) => ({ ...now, busy: false, problem: asProblem(error) })));
  };
  return { ...state, run };
}
