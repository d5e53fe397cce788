import { SiteName } from '@consilium/protocol';
import { Step, type Assignment, type OpenResponse } from '@consilium/protocol/wire';
import { beforeEach, describe, expect, it } from 'vitest';
import { SessionHub, type SiteSession } from './session-hub.js';

const a = SiteName.parse('a');
const b = SiteName.parse('b');

class TestSession implements SiteSession {
  readonly sent: OpenResponse[] = [];
  closed = 0;

  send(message: OpenResponse): void {
    this.sent.push(message);
  }

  close(): void {
    this.closed += 1;
  }
}

const rest = (study: string, sequence: bigint, reason = 'waiting'): Assignment => ({
  study,
  sequence,
  task: { $case: 'rest', value: { reason } },
});

describe('the hub of sessions', () => {
  let hub: SessionHub;
  let changes: string[];

  beforeEach(() => {
    hub = new SessionHub();
    changes = [];
    hub.onChange((site) => changes.push(`${site} ${hub.connected.has(site) ? 'came' : 'went'}`));
  });

  it('tells a site what is wanted of it once, however often it follows from the study', () => {
    const session = new TestSession();
    hub.open(a, session);
    for (const sequence of [1n, 2n, 3n]) hub.assign(a, rest('study', sequence));
    expect(session.sent).toEqual([{ body: { $case: 'assignment', value: rest('study', 1n) } }]);
    hub.assign(a, rest('study', 4n, 'counted'));
    hub.assign(a, rest('other', 1n));
    expect(session.sent).toHaveLength(3);
  });

  it('compares tasks by all that they say, 64-bit numbers included', () => {
    const session = new TestSession();
    hub.open(a, session);
    const apply = (foldBytes: bigint): Assignment => ({
      study: 'study',
      sequence: foldBytes,
      task: {
        $case: 'apply',
        value: {
          list: undefined,
          foldBytes,
          foldSha256: Buffer.alloc(32),
          foldSignatures: [],
          unmask: [],
          seats: [],
          members: [],
          blockSeats: 0,
          graphSeed: Buffer.alloc(0),
        },
      },
    });
    hub.assign(a, apply(1n));
    hub.assign(a, apply(1n));
    hub.assign(a, apply(2n ** 60n));
    expect(session.sent).toHaveLength(2);
  });

  it('tells it again in a new session: the site may have forgotten', () => {
    const [first, second] = [new TestSession(), new TestSession()];
    hub.open(a, first);
    hub.assign(a, rest('study', 1n));
    hub.closed(a, first);
    hub.open(a, second);
    hub.assign(a, rest('study', 1n));
    expect(second.sent).toHaveLength(1);
  });

  it('sends nothing to a site that is not there', () => {
    hub.assign(a, rest('study', 1n));
    const session = new TestSession();
    hub.open(a, session);
    expect(session.sent).toEqual([]);
  });

  it('lets a newer session of a site replace the older one, whose end then means nothing', () => {
    const [older, newer] = [new TestSession(), new TestSession()];
    hub.open(a, older);
    hub.open(a, newer);
    expect([older.closed, newer.closed]).toEqual([1, 0]);
    hub.closed(a, older);
    expect(hub.connected).toEqual(new Set([a]));
    hub.assign(a, rest('study', 1n));
    expect([older.sent.length, newer.sent.length]).toEqual([0, 1]);
    expect(changes).toEqual(['a came', 'a came']);
  });

  it('forgets what a site was doing when its session ends, and remembers when that was', () => {
    const session = new TestSession();
    hub.open(a, session);
    hub.reportStep(a, { study: 'study', round: 1, attempt: 0, step: Step.STEP_TRAINING, since: 5 });
    expect(hub.stepOf(a)?.step).toBe(Step.STEP_TRAINING);
    const before = Date.now();
    hub.closed(a, session);
    expect(hub.stepOf(a)).toBeUndefined();
    expect(hub.silentSince(a)).toBeGreaterThanOrEqual(before);
    expect(hub.lastSeen(a)).toBe(hub.silentSince(a));
    expect(changes).toEqual(['a came', 'a went']);
  });

  it('knows from the record when a site was last seen, but counts its silence from the start of the process only', () => {
    const started = Date.now();
    hub = new SessionHub();
    hub.remember(b, 1_000);
    expect(hub.lastSeen(b)).toBe(1_000);
    expect(hub.lastSeen(a)).toBeUndefined();
    expect(hub.silentSince(b)).toBeGreaterThanOrEqual(started);
  });

  it('closes every session when the coordinator ends', () => {
    const sessions = [new TestSession(), new TestSession()];
    hub.open(a, sessions[0]!);
    hub.open(b, sessions[1]!);
    hub.closeAll();
    expect(sessions.map(({ closed }) => closed)).toEqual([1, 1]);
  });
});
