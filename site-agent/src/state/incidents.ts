import { randomBytes } from 'node:crypto';
import { ConsiliumError, type StudyHash } from '@consilium/protocol';
import { z } from 'zod';
import type { SiteState } from './site-state.js';

/** What stays at the site when a refusal or failure leaves only a code. */
export interface Incident {
  readonly study?: StudyHash | undefined;
  readonly round?: number | undefined;
  readonly code: string;
  /** For site IT. May name files of this machine; never a patient's value. */
  readonly detail: string;
}

export interface StoredIncident extends Incident {
  readonly id: string;
  readonly at: string;
}

const Row = z.object({
  id: z.string(),
  at: z.string(),
  study: z.string().nullable(),
  round: z.number().nullable(),
  code: z.string(),
  detail: z.string(),
});

/** Four hex digits a person can read out, six where four have come to be crowded. */
function newId(state: SiteState): string {
  const taken = state.database.prepare('SELECT 1 FROM incident WHERE id = ?');
  for (const bytes of [2, 2, 2, 3, 3, 3]) {
    const id = randomBytes(bytes).toString('hex').toUpperCase();
    if (taken.get(id) === undefined) return id;
  }
  return randomBytes(8).toString('hex').toUpperCase();
}

/** Keeps the detail at the site. @returns the id that may travel in its place */
export function recordIncident(state: SiteState, incident: Incident): string {
  return state.transaction(() => {
    const id = newId(state);
    state.database
      .prepare('INSERT INTO incident (id, at, study, round, code, detail) VALUES (?, ?, ?, ?, ?, ?)')
      .run(id, new Date().toISOString(), incident.study ?? null, incident.round ?? null, incident.code, incident.detail);
    return id;
  });
}

/** @throws ConsiliumError INCIDENT_UNKNOWN */
export function readIncident(state: SiteState, id: string): StoredIncident {
  const found = state.database.prepare('SELECT * FROM incident WHERE id = ?').get(id.toUpperCase());
  if (found === undefined)
    throw new ConsiliumError({
      code: 'INCIDENT_UNKNOWN',
      errorClass: 'usage',
      message: 'This site has no incident of that id.',
      fix: 'Copy the id from the console or from the log.',
    });
  return fromRow(found);
}

/** The newest ones first. */
export function listIncidents(state: SiteState, most: number): readonly StoredIncident[] {
  return state.database.prepare('SELECT * FROM incident ORDER BY at DESC, id LIMIT ?').all(most).map(fromRow);
}

function fromRow(found: unknown): StoredIncident {
  const { study, round, ...row } = Row.parse(found);
  return { ...row, study: (study ?? undefined) as StudyHash | undefined, round: round ?? undefined };
}
