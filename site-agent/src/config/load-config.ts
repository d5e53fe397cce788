import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { absoluteSource, type CohortSource } from '@consilium/cohort';
import { parseOfficerPublicKey } from '@consilium/identity';
import { ConsiliumError, parseYaml } from '@consilium/protocol';
import type { PopulationBudget } from '../ledger/population-budget.js';
import type { OpeningHours } from './hours.js';
import { withLines } from './problem-lines.js';
import { SiteFile } from './site-file.js';

/** One named data set of the site. */
export interface SiteCohort {
  readonly name: string;
  readonly population: string;
  /** The column that tells patients apart, from the cohort's population. */
  readonly patientId?: string;
  readonly public: boolean;
  /** Paths are absolute. */
  readonly source: CohortSource;
}

/** The people whom one budget protects. */
export interface SitePopulation {
  /** The column that tells them apart, where there is one. */
  readonly patientId: string | undefined;
  /** Populations that were declared to share patients with this one, here or there. */
  readonly overlaps: ReadonlySet<string>;
}

/** Somebody whose signature an approval may need. */
export interface Officer {
  /** Of the file, without `.pub`: how ledgers and people name them. */
  readonly name: string;
  /** Where the public key was read from, absolute. */
  readonly file: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Buffer;
}

/** A checked `site.yaml`: defaults filled in, paths absolute. */
export interface SiteConfig {
  /** Where it was read from, absolute. */
  readonly file: string;
  readonly site: SiteFile['site'];
  /** host:port */
  readonly coordinator: string;
  /** Absolute. */
  readonly state: string;
  /** Folder with weights that studies may start from, absolute. */
  readonly weights?: string;
  readonly populations: ReadonlyMap<string, SitePopulation>;
  readonly cohorts: ReadonlyMap<string, SiteCohort>;
  /** By population; one that is not here has none. */
  readonly budgets: ReadonlyMap<string, PopulationBudget>;
  readonly policy: Readonly<SiteFile['policy']>;
  /** Where the list is not empty, an approval counts only with the signature of one of them. */
  readonly officers: readonly Officer[];
  readonly keyFiles: { readonly allowGroupRead: boolean };
  /** What trains the models. */
  readonly engine: SiteFile['engine'];
  /** Worker threads for sealing and training; absent: the agent chooses. */
  readonly threads?: number;
  /** Resident memory of the training process at most; absent: the agent chooses. */
  readonly memoryBytes?: number;
  /** A job of training that takes longer is ended; absent: the round's own time. */
  readonly jobHours?: number;
  /** When rounds may begin; absent: at any time. */
  readonly hours?: OpeningHours;
  /** host:port of the metrics page. */
  readonly metrics?: string;
  /** host:port of the site page, on this machine; absent: it is off. */
  readonly page?: string;
}

/**
 * Reads and checks a `site.yaml`. Relative paths in it count from its own directory.
 * @throws ConsiliumError CONFIG_MISSING, CONFIG_UNREADABLE, OFFICER_KEY_INVALID, or INVALID_FILE with every problem, its line and the nearest name
 */
export function loadConfig(path: string): SiteConfig {
  const file = resolve(path);
  return parseConfig(readText(file), file);
}

/** @param file - where the text stands or will stand, absolute */
export function parseConfig(text: string, file: string): SiteConfig {
  const parsed = withLines(text, () => parseYaml(text, SiteFile, 'site.yaml'));
  const base = dirname(file);
  const populations: Readonly<Record<string, { readonly patientId?: string | undefined }>> = parsed.populations;
  const cohorts = Object.entries(parsed.cohorts).map(([name, cohort]): readonly [string, SiteCohort] => {
    const patientId = populations[cohort.population]?.patientId;
    const named = { name, population: cohort.population, public: cohort.public, source: absoluteSource(cohort.source, base) };
    return [name, patientId === undefined ? named : { ...named, patientId }];
  });
  const budgets = Object.entries(parsed.populations).flatMap(([name, { privacy }]): [string, PopulationBudget][] => {
    if (privacy === undefined) return [];
    const { witnesses, ...budget } = privacy;
    return [[name, witnesses === undefined ? budget : { ...budget, witnesses }]];
  });
  const { threads, memory: memoryBytes, jobHours, hours } = parsed.resources;
  const { metrics } = parsed.telemetry;
  return {
    file,
    site: parsed.site,
    coordinator: parsed.coordinator,
    state: resolve(base, parsed.state),
    ...(parsed.weights === undefined ? {} : { weights: resolve(base, parsed.weights) }),
    populations: sitePopulations(parsed.populations),
    cohorts: new Map(cohorts),
    budgets: new Map(budgets),
    policy: parsed.policy,
    officers: parsed.officers.map((path) => officerAt(resolve(base, path))),
    keyFiles: parsed.keyFiles,
    engine: parsed.engine,
    ...(threads === undefined ? {} : { threads }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(jobHours === undefined ? {} : { jobHours }),
    ...(hours === undefined ? {} : { hours }),
    ...(metrics === 'none' ? {} : { metrics }),
    ...(parsed.page === undefined ? {} : { page: parsed.page.listen }),
  };
}

function sitePopulations(declared: SiteFile['populations']): SiteConfig['populations'] {
  const entries = Object.entries(declared);
  return new Map(
    entries.map(([name, { patientId, overlaps }]) => {
      const elsewhere = entries.filter(([, other]) => other.overlaps.some((one) => one === name)).map(([other]) => other);
      return [name, { patientId, overlaps: new Set<string>([...overlaps, ...elsewhere]) }];
    }),
  );
}

/** @throws ConsiliumError COHORT_UNKNOWN */
export function configuredCohort(config: Pick<SiteConfig, 'cohorts'>, name: string): SiteCohort {
  const cohort = config.cohorts.get(name);
  if (cohort === undefined)
    throw new ConsiliumError({
      code: 'COHORT_UNKNOWN',
      errorClass: 'refused',
      message: `This site offers no cohort named ${name}.`,
      fix:
        config.cohorts.size === 0
          ? 'Add it under "cohorts" in site.yaml.'
          : `Add it under "cohorts" in site.yaml; there ${config.cohorts.size === 1 ? 'is' : 'are'}: ${[...config.cohorts.keys()].join(', ')}.`,
    });
  return cohort;
}

/** In the letters that a ledger takes. */
const officerName = (file: string): string =>
  basename(file, '.pub')
    .replaceAll(/[^A-Za-z0-9_.:=@-]/g, '-')
    .slice(0, 80);

/** @throws ConsiliumError OFFICER_KEY_INVALID */
function officerAt(file: string): Officer {
  try {
    return { name: officerName(file), file, publicKey: parseOfficerPublicKey(readFileSync(file, 'utf8')) };
  } catch (cause) {
    throw new ConsiliumError({
      code: 'OFFICER_KEY_INVALID',
      errorClass: 'usage',
      message: `site.yaml, officers: ${file} is not a file with the public key of an officer.`,
      fix: 'Put the .pub file there that consilium-site officer key new has made.',
      cause,
    });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new ConsiliumError({
      code: missing ? 'CONFIG_MISSING' : 'CONFIG_UNREADABLE',
      errorClass: 'usage',
      message: missing ? `There is no ${file}.` : `${file} cannot be read by this user.`,
      fix: missing ? 'Run: consilium-site init, or name the file with --config FILE.' : 'Let the group of the service read it (0640).',
      cause,
    });
  }
}
