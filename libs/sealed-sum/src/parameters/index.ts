export { laneBounds, type LaneBounds, type LaneChoice } from './conditions.js';
export { parametersHash } from './parameters-hash.js';
export { sealParameters } from './seal-parameters.js';
