import { join } from 'node:path';
import type { StudyHash } from '@consilium/protocol';

/** Where things lie under the state directory; the only place that the agent writes to. */
export interface StateLayout {
  readonly directory: string;
  /** 0700; secrets that are drawn here, 0600. */
  readonly keys: string;
  /** The three private keys of the site, made together by `join`. */
  readonly siteKeys: string;
  /** Their successors, until a `join --new-keys` has ended. */
  readonly newSiteKeys: string;
  readonly database: string;
  /** Held open with a lock by the running agent. */
  readonly lock: string;
  /** What the running agent trains on, and why. */
  readonly engine: string;
  /** The record of every byte sent. */
  readonly egress: string;
  /** One file per population: who objects, as keyed hashes. */
  readonly objections: string;
  /** One directory per study: sealed contributions, keys of the study, model. */
  readonly studies: string;
  /** Budget ledgers of the populations, one file each. */
  readonly ledgers: string;
  /** What this site has cosigned as a witness of the others' ledgers. */
  readonly witness: string;
  /** Plain integers of public cohorts, under `run --shadow` only. */
  readonly shadow: string;
  /** Decoded images of cohorts, 0700. What is removed there is decoded again. */
  readonly images: string;
  /** Hashes of codes that open the site page once. */
  readonly pageLinks: string;
}

export function stateLayout(directory: string): StateLayout {
  return {
    directory,
    keys: join(directory, 'keys'),
    siteKeys: join(directory, 'keys', 'site'),
    newSiteKeys: join(directory, 'keys', 'site-new'),
    database: join(directory, 'site.sqlite'),
    lock: join(directory, 'run.lock'),
    engine: join(directory, 'engine.json'),
    egress: join(directory, 'egress.jsonl'),
    objections: join(directory, 'objections'),
    studies: join(directory, 'studies'),
    ledgers: join(directory, 'ledgers'),
    witness: join(directory, 'witness'),
    shadow: join(directory, 'shadow'),
    images: join(directory, 'images'),
    pageLinks: join(directory, 'page-links'),
  };
}

/** The directory of one study; the hash is 64 hex digits, so no study can name a path. */
export const studyPath = (layout: StateLayout, study: StudyHash): string => join(layout.studies, study);
