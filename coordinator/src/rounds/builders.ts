import { resolveStudy, StudyFile, studyHash, studySpecification, type ResolvedStudy, type SiteName } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { advance } from './advance.js';
import { hidingTheirPart } from './attempt-graph.js';
import { decide } from './decide.js';
import type { AdvertRecord, StoredEvent, StudyEvent } from './study-event.js';
import { proposedStudy, type StudyState } from './study-state.js';
import type { World } from './world.js';

/** Of a study whose sites keep ledgers. */
export const PRIVATE = { mode: 'patient/distributed', sampling: 0.5, clip: 1, noiseMultiplier: 2, delta: 1e-5 };

/** Builders for the tests of the round machine: a study of four sites, and a world that a test moves by hand. */
export function testStudy(
  sites: Partial<{
    names: readonly string[];
    tolerateColluders: number;
    minSites: number;
    mandatory: string[];
    retries: number;
    onMissing: object;
    roundDeadline: string;
    publicSizes: Readonly<Record<string, number>>;
  }> = {},
  rounds = 2,
  privacy: object = { mode: 'none' },
): ResolvedStudy {
  const file = StudyFile.parse({
    apiVersion: 'consilium/v1',
    kind: 'Study',
    name: 'test',
    purpose: 'A test',
    cohort: {
      name: 'heart',
      outcome: { column: 'y', positive: '> 0' },
      inputs: { x: { range: [0, 1] } },
      split: { column: 's', train: 'train', test: 'test' },
    },
    model: { type: 'logistic-regression' },
    algorithm:
      privacy === PRIVATE ? { name: 'dp-sgd', rounds, learningRate: 0.1 } : { name: 'fedavg', rounds, localSteps: 1, learningRate: 0.1 },
    privacy,
    sites: { names: ['a', 'b', 'c', 'd'], roundDeadline: '30s', ...sites },
  });
  return resolveStudy(file, sealParameters);
}

export class TestWorld {
  now = Date.parse('2026-01-01T00:00:00Z');
  connected = new Set<SiteName>(sitesNamed('a', 'b', 'c', 'd'));
  silent = new Map<SiteName, number>();
  busy = new Set<SiteName>();
  spoolRoom: number | undefined;
  state: StudyState;
  readonly stored: StoredEvent[] = [];

  constructor(readonly study: ResolvedStudy) {
    const hash = studyHash(studySpecification(study));
    this.state = proposedStudy(hash, study, new Date(this.now).toISOString());
  }

  get world(): World {
    return {
      now: this.now,
      connected: this.connected,
      silentSince: (site) => this.silent.get(site) ?? this.now,
      busy: this.busy,
      spoolRoom: this.spoolRoom,
    };
  }

  /** Stores events as the runner would, and all that the coordinator decides after each. */
  happen(...events: readonly StudyEvent[]): this {
    for (const event of events) {
      this.#store(event);
      this.#decideAll();
    }
    return this;
  }

  /** Time passes. */
  pass(milliseconds: number): this {
    this.now += milliseconds;
    this.#decideAll();
    return this;
  }

  leave(site: SiteName): this {
    this.connected.delete(site);
    this.silent.set(site, this.now);
    this.#decideAll();
    return this;
  }

  comeBack(site: SiteName): this {
    this.connected.add(site);
    this.#decideAll();
    return this;
  }

  #decideAll(): void {
    for (let event = decide(this.state, this.world); event; event = decide(this.state, this.world)) this.#store(event);
  }

  #store(event: StudyEvent): void {
    const stored = { seq: this.state.seq + 1, at: new Date(this.now).toISOString(), event };
    this.stored.push(stored);
    this.state = advance(this.state, stored);
  }
}

export const sitesNamed = (...names: readonly string[]): readonly SiteName[] => names as readonly SiteName[];

const signedState = (state: StudyState, round: number, attempt: number, stateHmac: string) => ({
  keyEpoch: state.keyEpoch,
  round,
  attempt,
  stateHmac,
  signature: 'ab',
});

/** All sites approve, the study is launched, every site confirms the keys and has its seats: round 1 is announced. */
export function launched(world: TestWorld): TestWorld {
  return seatsReady(keysConfirmed(world));
}

/** All sites approve, the study is launched, every site confirms the keys: a block of seats is open. */
export function keysConfirmed(world: TestWorld): TestWorld {
  const { names } = world.study.sites;
  world.happen(
    ...names.map((site): StudyEvent => ({
      type: 'approved',
      site,
      approval: { json: '{}', signature: '00' },
      release: 'ask',
      until: null,
    })),
  );
  world.happen({ type: 'launched', by: 'researcher', rosterEpoch: 0 });
  return confirmKeys(world, names);
}

/** Every site that was asked advertises, shares and holds: the seats of the current block are ready. */
export function seatsReady(
  world: TestWorld,
  without: readonly SiteName[] = [],
  reserved: (site: SiteName) => readonly number[] | undefined = () => undefined,
): TestWorld {
  const { block } = world.state;
  if (!block) throw new Error('no block');
  const { number, seats } = block;
  const sites = block.asked.filter((site) => !without.includes(site));
  const keys = (kind: string) => Array.from({ length: seats }, (_, seat) => `${kind}${seat.toString(16).padStart(62, '0')}`);
  world.happen(
    ...sites.map((site): StudyEvent => ({
      type: 'advertised',
      site,
      block: number,
      advert: {
        roundKeys: keys('aa'),
        commitments: keys('bb'),
        parameters: '00',
        seed: '00',
        signature: '00',
        ...reserveOf(reserved(site)),
      },
    })),
  );
  const hiding = world.state.block ? hidingTheirPart(world.state, world.state.block) : [];
  world.happen(...hiding.map((site): StudyEvent => ({ type: 'revealed', site, block: number, part: 'dd'.repeat(32) })));
  world.happen(
    ...sites.map((site): StudyEvent => ({ type: 'shared', site, block: number, root: { root: 'cc'.repeat(32), signature: '00' } })),
  );
  return world.happen(...sites.map((site): StudyEvent => ({ type: 'held', site, block: number })));
}

function reserveOf(rounds: readonly number[] | undefined): Pick<AdvertRecord, 'reserve'> {
  return rounds === undefined ? {} : { reserve: { evidence: Buffer.from('evidence').toString('base64'), sha256: 'ee'.repeat(32), rounds } };
}

/** t sites sign the list, release their shares and sign the fold, which is made meanwhile. */
export function unmask(world: TestWorld, ...sites: readonly SiteName[]): TestWorld {
  const place = currentAttempt(world);
  world.happen(...sites.map((site): StudyEvent => ({ type: 'listSigned', site, ...place, signature: 'aa' })));
  world.happen(
    ...sites.map((site): StudyEvent => ({
      type: 'unmasked',
      site,
      ...place,
      release: { sealed: '', signature: '', droppedSha256: '', proofs: '', proofsSha256: '' },
    })),
  );
  world.happen({ type: 'folded', ...place, bytes: 2, sha256: 'ee' });
  return world.happen(...sites.map((site): StudyEvent => ({ type: 'foldSigned', site, ...place, signature: 'aa' })));
}

export function confirmKeys(world: TestWorld, sites: readonly SiteName[]): TestWorld {
  const { keyEpoch } = world.state;
  return world.happen(
    ...sites.map((site): StudyEvent => ({
      type: 'confirmed',
      site,
      keyEpoch,
      have: 'aa',
      state: signedState(world.state, world.state.rounds.length, 0, 'initial'),
    })),
  );
}

function currentAttempt(world: TestWorld): { readonly round: number; readonly attempt: number } {
  const { activity } = world.state;
  if (activity.phase !== 'round') throw new Error(`no round: ${activity.phase}`);
  return { round: activity.attempt.round, attempt: activity.attempt.attempt };
}

export function upload(world: TestWorld, ...sites: readonly SiteName[]): TestWorld {
  const place = currentAttempt(world);
  return world.happen(...sites.map((site): StudyEvent => ({ type: 'uploaded', site, ...place, bytes: 1, sha256: 'cc', signature: 'dd' })));
}

/** A site takes its leave of the seats of the current block. */
export function leaveSeats(
  world: TestWorld,
  site: SiteName,
  code: 'SHARE_MISSING' | 'SHARE_INVALID' | 'SEAT_USED' | 'STATE_RESTORED' = 'STATE_RESTORED',
): TestWorld {
  const { activity, block } = world.state;
  const place = activity.phase === 'round' ? currentAttempt(world) : { round: 0, attempt: 0 };
  const fields: Readonly<Record<string, string>> = code.startsWith('SHARE') ? { from: 'a' } : {};
  if (!block) throw new Error('no block');
  return world.happen({ type: 'refused', site, ...place, code, fields, incident: '', decision: 'failed', block: block.number });
}

/** {@link unmask} by every site that holds shares of the block. */
export function fold(world: TestWorld): TestWorld {
  return unmask(world, ...(world.state.block?.holders ?? []));
}

export function agree(world: TestWorld, stateHmac: string, ...sites: readonly SiteName[]): TestWorld {
  const { round, attempt } = currentAttempt(world);
  return world.happen(
    ...sites.map((site): StudyEvent => ({ type: 'agreed', site, state: signedState(world.state, round, attempt, stateHmac) })),
  );
}
