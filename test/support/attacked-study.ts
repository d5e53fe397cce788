import { quantise, sealToFile } from '@consilium/sealed-sum';
import { expandNames, type ConsiliumError, type SiteName } from '@consilium/protocol';
import type { UnmaskMessage, UnmaskRequest } from '@consilium/protocol/wire';
import { act } from '../../site-agent/src/rounds/act.js';
import { findKeys, type EpochKeys } from '../../site-agent/src/rounds/key-epochs.js';
import { saveLanes } from '../../site-agent/src/rounds/round-files.js';
import type { StudyAtSite } from '../../site-agent/src/rounds/study-at-site.js';
import { studyMembers, type StudyMembers } from '../../site-agent/src/rounds/study-members.js';
import { enterStudy } from '../../site-agent/src/session/enter-study.js';
import type { Job } from '../../site-agent/src/training/jobs.js';
import { nextState } from '../../site-agent/src/training/next-state.js';
import type { Workbench } from '../../site-agent/src/training/workbench.js';
import { studyYaml, StudyWorld, type Task } from '../../site-agent/test/study-world.js';

/** What the agents' thread does, in this one: to start a thread a site costs more than all their work here. Nothing is trained. */
const workHere = {
  run: async (job: Job): Promise<unknown> => {
    if (job.kind === 'contribution' || job.kind === 'check') throw new Error('give the sites their integers first');
    return job.kind === 'seal' ? sealToFile(job) : nextState(job);
  },
} as unknown as Workbench;

/** The agents' own steps at every site, in one process, under a coordinator that is the test. */
export class AttackedStudy extends StudyWorld {
  /** How the steps see their study: a control takes a defence out here, and nowhere in the product. */
  see: (at: StudyAtSite) => StudyAtSite = (at) => at;

  constructor(sites: readonly string[]) {
    super(studyYaml(sites, { rounds: 3 }));
  }

  /** All sites hold the keys of epoch 0 and each other's shares of a block of seats. */
  async begin(seats: number): Promise<void> {
    await this.start();
    await this.makeKeys();
    await this.openBlock(0, seats);
  }

  override async perform(name: string, task: Task, signal: AbortSignal = new AbortController().signal): Promise<void> {
    await act(this.at(name).site, () => this.enter(name), { study: this.hash, sequence: 1n, task }, signal);
  }

  /** @returns the code of what a step was refused with, or `done` */
  async outcome(name: string, task: Task): Promise<string> {
    return this.perform(name, task).then(
      () => 'done',
      (error: unknown) =>
        (error as { readonly refusal?: { readonly code: string } }).refusal?.code ??
        (error as Partial<ConsiliumError>).code ??
        String(error),
    );
  }

  enter(name: string): StudyAtSite {
    const { site, config } = this.at(name);
    return this.see({ ...enterStudy(site, config, this.hash, () => undefined), workbench: workHere });
  }

  members(name: string): StudyMembers {
    return studyMembers(this.at(name).state, this.hash, this.study);
  }

  keysAt(name: string, epoch = 0): EpochKeys {
    const keys = findKeys(this.folderOf(name), epoch);
    if (!keys) throw new Error(`${name} holds no keys of epoch ${epoch}`);
    return keys;
  }

  /** What a site released in step 6, for the sites. */
  unmaskOf(name: string): UnmaskMessage {
    const { message } = this.coordinator.word<UnmaskRequest>('unmask', name);
    if (!message) throw new Error(`${name} released nothing`);
    return message;
  }

  /** Each site's integers for a training round, in place of training: kept where the agent keeps them, and sealed by it. */
  give(round: number): ReadonlyMap<SiteName, Int32Array> {
    const parameters = this.study.derived.sums.train;
    return new Map(
      this.names.map((name, site) => {
        const [segment] = parameters.segments;
        const values = segment?.name === 'update' ? segment.values : 0;
        const range = segment?.name === 'update' ? segment.range : 0;
        const update = Float64Array.from({ length: values }, (_, value) => (range * (((value + 1) * (site + 2) * round) % 17)) / 17);
        const { lanes } = quantise({ update, weight: 10 + site, counts: this.#counts(parameters.segments) }, parameters);
        saveLanes(this.folderOf(name), round, lanes);
        return [name, lanes];
      }),
    );
  }

  #counts(segments: StudyWorld['study']['derived']['sums']['train']['segments']): Record<string, bigint> {
    const counts = segments.find(({ name }) => name === 'counts');
    const names =
      counts?.name === 'counts' ? expandNames(counts.names).filter((name) => name !== 'contributors' && name !== 'clamped') : [];
    return Object.fromEntries(names.map((name, index) => [name, BigInt(20 + index)]));
  }
}
