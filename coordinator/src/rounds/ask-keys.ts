import { rests } from './going-on.js';
import type { StudyEvent } from './study-event.js';
import type { StudyState } from './study-state.js';
import type { World } from './world.js';

/** The steward is the first connected site that takes part, in the study's order; each further epoch takes the next one. */
export function askKeys(state: StudyState, world: World, keyEpoch: number): StudyEvent | undefined {
  const sites = state.study.sites.names;
  const order = sites.map((_, index) => sites[(index + keyEpoch) % sites.length]).filter((site) => site !== undefined);
  const steward = order.find((site) => world.connected.has(site) && !rests(state, site, world));
  return steward && { type: 'keysAsked', keyEpoch, steward };
}
