import { parseOfficerKey } from '@consilium/identity';
import { ConsiliumError, StudyHash } from '@consilium/protocol';
import { fetchProposals } from '../approval/index.js';
import { asMember, withState } from '../cli/workplace.js';
import type { MemberWork } from '../decisions/index.js';
import type { SiteConfig } from '../config/index.js';
import { findStudy, type SiteState, type StoredStudy } from '../state/index.js';

/** An officer who opens the page does not wait longer for a coordinator that does not answer, nor ask it at every click. */
const ASK_MS = 2_000;
const ASK_AGAIN_MS = 15_000;

/** What the coordinator answered when it was asked last. */
interface Asked {
  readonly at: number;
  readonly altered: readonly string[];
  readonly note: string | undefined;
}

/** The page's way to the site: it reads and decides as a command does, on the same files, each time anew. */
export class PageDesk {
  #asked: Asked | undefined;

  /** @param configFile - absolute path of `site.yaml` */
  constructor(
    private readonly configFile: string,
    readonly signal: AbortSignal,
  ) {}

  read<T>(work: (state: SiteState, config: SiteConfig) => T | Promise<T>): Promise<T> {
    return withState(this.configFile, work);
  }

  decide<T>(work: (member: MemberWork) => Promise<T>): Promise<T> {
    return asMember(this.configFile, work);
  }

  /** Studies that are new at the coordinator come into the state; where it cannot be asked, the list is what was received before. */
  async askForProposals(): Promise<Asked> {
    if (this.#asked && Date.now() - this.#asked.at < ASK_AGAIN_MS) return this.#asked;
    const at = Date.now();
    try {
      const proposals = await this.decide(({ state, connection }) =>
        fetchProposals(state, connection, { timeoutMs: ASK_MS, signal: this.signal }),
      );
      this.#asked = { at, altered: proposals.flatMap(({ hash, study }) => (study ? [] : [hash])), note: undefined };
    } catch (error) {
      if (!(error instanceof ConsiliumError)) throw error;
      const note = `The coordinator could not be asked for new studies (${error.code}); these are what the site has received before.`;
      this.#asked = { at, altered: this.#asked?.altered ?? [], note };
    }
    return this.#asked;
  }
}

/** The study of exactly this hash: what was shown is what is decided on. @throws ConsiliumError STUDY_UNKNOWN */
export function studyOf(state: SiteState, hash: string): StoredStudy {
  const exact = StudyHash.safeParse(hash).data;
  const stored = exact && findStudy(state, exact);
  if (stored) return stored;
  throw new ConsiliumError({
    code: 'STUDY_UNKNOWN',
    errorClass: 'usage',
    message: 'This site knows no such study.',
    fix: 'Choose one from the list of approvals.',
  });
}

/** A field of a form; empty counts as not given. */
export const given = (form: URLSearchParams, name: string): string | undefined => form.get(name)?.trim() || undefined;

/** The officer's key as it was pasted, for one signature. @throws ConsiliumError OFFICER_KEY_INVALID */
export function keyOf(form: URLSearchParams) {
  const text = given(form, 'key');
  return text === undefined ? undefined : parseOfficerKey(text);
}

/** @throws ConsiliumError NOT_CONFIRMED */
export function confirmedBy(form: URLSearchParams, name: string): void {
  if (given(form, 'confirm') === name) return;
  throw new ConsiliumError({
    code: 'NOT_CONFIRMED',
    errorClass: 'usage',
    message: 'It was not confirmed; nothing was done.',
    fix: `Type ${name} to confirm.`,
  });
}
