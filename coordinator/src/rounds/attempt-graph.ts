import { graphSeed, seatsDigest, type SiteName } from '@consilium/protocol';
import { needsSeed, shareGraph, type ShareGraph } from '@consilium/sealed-sum/fold';
import type { Attempt, Block, ClosedAttempt, StudyState } from './study-state.js';

const NO_SEED = Buffer.alloc(32);
/** The same few graphs are asked for at every event of a study. */
const MOST_KNOWN = 64;
const known = new Map<string, ShareGraph>();

type GraphOf = Pick<Attempt, 'members' | 'graphSeed'>;

/** Who holds whose shares, and masks with whom, in the block of an attempt. */
export function attemptGraph({ hash, study }: Pick<StudyState, 'hash' | 'study'>, { members, graphSeed: seed }: GraphOf): ShareGraph {
  const key = [hash, seed, ...members].join(' ');
  const graph = known.get(key) ?? shareGraph(study, members, seed === '' ? NO_SEED : Buffer.from(seed, 'hex'));
  known.delete(key);
  known.set(key, graph);
  for (const oldest of known.keys()) {
    if (known.size <= MOST_KNOWN) break;
    known.delete(oldest);
  }
  return graph;
}

/** Members of U1 who have not shown their part of the graph's seed; none where the graph is complete. */
export function hidingTheirPart({ study }: Pick<StudyState, 'study'>, { advertised, parts }: Block): readonly SiteName[] {
  if (!advertised || !needsSeed(study, advertised)) return [];
  return advertised.filter((site) => !parts.has(site));
}

/** The seed of a block's graph, hex; empty where it is complete, or some part is not there yet. */
export function blockSeed({ hash, study }: Pick<StudyState, 'hash' | 'study'>, block: Block): string {
  const { advertised } = block;
  if (!advertised || !needsSeed(study, advertised)) return '';
  const bytes = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'hex'));
  const members = advertised.flatMap((site) => {
    const [advert, part] = [block.adverts.get(site), block.parts.get(site)];
    if (!advert || part === undefined) return [];
    const seats = seatsDigest({ roundKeys: bytes(advert.roundKeys), commitments: bytes(advert.commitments) });
    return [{ site, seats, part: Buffer.from(part, 'hex') }];
  });
  if (members.length < advertised.length) return '';
  return graphSeed({ study: hash, keyEpoch: block.keyEpoch, block: block.number }, members).toString('hex');
}

/** Whether these holders' shares give back the b of every contributor. @param holders - who have released */
export function giveBack(state: Pick<StudyState, 'hash' | 'study'>, attempt: ClosedAttempt, holders: ReadonlySet<SiteName>): boolean {
  if (holders.size < state.study.derived.thresholds.t) return false;
  if (!needsSeed(state.study, attempt.members)) return true;
  const graph = attemptGraph(state, attempt);
  return attempt.contributors.every((site) => graph.holdersOf(site).filter((holder) => holders.has(holder)).length >= graph.threshold);
}
