import { closeSync, existsSync, fchmodSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConsiliumError } from '@consilium/protocol';
import { stringify } from 'yaml';
import { parseConfig, type SiteConfig } from '../config/index.js';
import { createState } from '../state/index.js';
import type { InitAnswers } from './init-answers.js';

/** The text of a new `site.yaml`. */
export function siteYaml(answers: InitAnswers): string {
  const { cohort, data, patientId } = answers;
  const described =
    cohort === undefined || data === undefined
      ? { populations: {}, cohorts: {} }
      : {
          populations: { [cohort]: patientId === undefined ? {} : { patientId } },
          cohorts: { [cohort]: { population: cohort, ...(answers.public ? { public: true } : {}), source: { type: 'csv', path: data } } },
        };
  const file = {
    site: answers.site,
    coordinator: answers.coordinator,
    state: answers.state,
    ...described,
    policy: { modes: ['patient/distributed', 'patient/local'], minSites: 3, minPatients: 20, approval: 'every-version' },
    telemetry: { metrics: answers.metrics },
  };
  return `# Settings of this site; consilium-site config check names line, field and fix.\n${stringify(file)}`;
}

/**
 * Writes `site.yaml` (0640: no secret is in it) and makes the state directory (0700). Nothing is written unless the
 * whole text is valid, and no file is ever replaced.
 * @param file - absolute
 * @throws ConsiliumError CONFIG_EXISTS, INVALID_FILE
 */
export function initSite(file: string, answers: InitAnswers): SiteConfig {
  const text = siteYaml(answers);
  const config = parseConfig(text, file);
  if (existsSync(file))
    throw new ConsiliumError({
      code: 'CONFIG_EXISTS',
      errorClass: 'usage',
      message: `${file} is already there.`,
      fix: 'Edit it, or name another file with --config FILE.',
    });
  mkdirSync(dirname(file), { recursive: true });
  const handle = openSync(file, 'wx', 0o640);
  try {
    fchmodSync(handle, 0o640);
    writeSync(handle, text);
  } finally {
    closeSync(handle);
  }
  createState(config.state, config.keyFiles);
  return config;
}
