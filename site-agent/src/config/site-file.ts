import { CohortSource } from '@consilium/cohort';
import { CoordinatorAddress } from '@consilium/identity';
import type { EngineChoice } from '@consilium/learning';
import { CohortName, SiteName } from '@consilium/protocol';
import { z } from 'zod';
import { parseHours } from './hours.js';

const path = z.string().min(1, 'a path').max(4096);
const address = z.string().refine((text) => CoordinatorAddress.safeParse(text).success, 'host:port, for example 127.0.0.1:9465');

/** A population's privacy budget. Without it no study that counts patients may use the population. */
const Privacy = z.strictObject({
  epsilonLimit: z.number().gt(0).max(1e6),
  /** Fixed when the ledger is made, as are the witnesses. */
  delta: z.number().gt(0).lt(1),
  /** Takes a delta above min(1e-5, 1/(10·n)), n being the public number of patients. */
  largerDelta: z.boolean().default(false),
  /** Sites that cosign the ledger: all sites of every study over the population. Default: the others of its first study. */
  witnesses: z.array(SiteName).min(2, 'at least 2 other sites').optional(),
});

const Population = z.strictObject({
  /** The column that tells the patients of its cohorts apart. Without it every row is a patient. */
  patientId: z.string().min(1).max(80).optional(),
  /**
   * Populations that may hold the same patients, declared on one side or the other: what either spends counts for such a
   * patient, and nobody adds it up. Without it a cohort that shares more than a small part of its patients is refused.
   */
  overlaps: z.array(CohortName).max(100).default([]),
  privacy: Privacy.optional(),
});

const Cohort = z.strictObject({
  population: CohortName,
  /** Data that anybody may see. Only where every cohort is, the agent may keep plain integers (`run --shadow`). */
  public: z.boolean().default(false),
  source: CohortSource,
});

const Policy = z.strictObject({
  /** Privacy modes that a study may have. */
  modes: z
    .array(z.enum(['none', 'patient/distributed', 'patient/local', 'site']))
    .min(1)
    .default(['patient/distributed', 'patient/local']),
  /** A study that could go on with fewer sites is refused. */
  minSites: z.int().min(3, 'never fewer than 3').default(3),
  /** A cohort with fewer patients, for training and test together, takes part in nothing. */
  minPatients: z.int().min(1).default(20),
  /** A study whose delta is larger is refused. Its default is what PROTOCOL.md section 7 allows without a decision of the site. */
  deltaMax: z.number().gt(0, 'above 0').lt(1, 'below 1').default(1e-5),
  /** Each version of a study needs a signature of its own. */
  approval: z.enum(['every-version']).default('every-version'),
});

/** Opening and closing time, `19:00-06:00`. */
const Hours = z.string().transform((text, context) => {
  const hours = parseHours(text);
  if (hours) return hours;
  context.addIssue({ code: 'custom', message: 'two different times of day, for example "19:00-06:00"' });
  return z.NEVER;
});

/** What training may take of this machine. */
const Resources = z.strictObject({
  threads: z.int().min(1).max(1024).optional(),
  /** Of the training process, all its threads together. */
  memory: z
    .string()
    .regex(/^\d{1,6}([.]\d{1,3})? ?[MG]iB$/, 'a number with MiB or GiB, for example 8GiB')
    .transform((text) => Math.floor(Number.parseFloat(text) * (text.endsWith('GiB') ? 2 ** 30 : 2 ** 20)))
    .refine((bytes) => bytes >= 256 * 2 ** 20, 'at least 256MiB')
    .optional(),
  /** One round's training, by the clock. */
  jobHours: z.number().gt(0, 'above 0').max(10_000).optional(),
  /** When rounds may begin, by this machine's own clock and time zone; absent: at any time. */
  hours: Hours.optional(),
});

/** Other machines never reach the page: it has no TLS. From elsewhere: ssh -L 9466:127.0.0.1:9466 HOST. */
const Page = z.strictObject({
  listen: z
    .string()
    .regex(/^(127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/, 'an address of this machine itself, such as 127.0.0.1:9466')
    .refine((text) => CoordinatorAddress.safeParse(text).success, 'a port from 1 to 65535'),
});

/** `site.yaml`, as a hospital writes it. Secrets are never in it. */
export const SiteFile = z
  .strictObject({
    site: SiteName,
    coordinator: address,
    /** The only directory that the agent writes to. */
    state: path,
    /** A folder with files of weights that studies may start from, each found by its SHA-256. */
    weights: path.optional(),
    populations: z.record(CohortName, Population).default({}),
    cohorts: z.record(CohortName, Cohort).default({}),
    policy: Policy.prefault({}),
    /** Files with the public keys of officers: an approval then needs the signature of one of them. */
    officers: z.array(path).max(100).default([]),
    /** Lets the group read keys and state (0640, 0750), where an orchestrator mounts them so. */
    keyFiles: z.strictObject({ allowGroupRead: z.boolean().default(false) }).prefault({}),
    /** What trains the models; `auto` takes the fastest on this machine that computes right. A named one is never replaced by another. */
    engine: z.enum(['auto', 'wasm', 'native', 'webgpu'] satisfies EngineChoice[]).default('auto'),
    resources: Resources.prefault({}),
    telemetry: z.strictObject({ metrics: z.union([z.literal('none'), address], 'host:port or none').default('none') }).prefault({}),
    /** The page for the site's own people; absent: none is served. */
    page: Page.optional(),
  })
  .superRefine((file, context) => {
    for (const [name, { population }] of Object.entries(file.cohorts))
      if (!Object.hasOwn(file.populations, population))
        context.addIssue({ code: 'custom', path: ['cohorts', name, 'population'], message: 'not one of populations' });
    for (const [name, { overlaps }] of Object.entries(file.populations))
      for (const [index, other] of overlaps.entries())
        if (other === name || !Object.hasOwn(file.populations, other))
          context.addIssue({ code: 'custom', path: ['populations', name, 'overlaps', index], message: 'not another one of populations' });
  });
export type SiteFile = z.infer<typeof SiteFile>;
