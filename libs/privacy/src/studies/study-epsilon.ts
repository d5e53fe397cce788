import { rdpEpsilon } from '../rdp/rdp-epsilon.js';
import { plannedEvents, type NoisyStudy } from './planned-events.js';
import { STUDY_PARTS, type StudyPart } from './study-part.js';

/** What one part of a study costs its patients, by RDP; 0 where it releases nothing, and in mode `none`. */
export function partEpsilon(study: NoisyStudy, part: StudyPart): number {
  const event = plannedEvents(study)[part];
  return event === undefined || study.privacy.mode === 'none' ? 0 : rdpEpsilon(event, study.privacy.delta);
}

/** A study's own epsilon, which approvals go by: of training and evaluation the larger (PROTOCOL.md section 7). */
export function studyEpsilon(study: NoisyStudy): number {
  return Math.max(...STUDY_PARTS.map((part) => partEpsilon(study, part)));
}
