// For sites only: whatever can hold a key or decrypt. The coordinator imports `./parameters` and `./fold`.
export { type WrittenFile } from './blocks/durable-file.js';
export { dequantise, type SumValues } from './lanes/dequantise.js';
export { laneCount } from './lanes/lane-layout.js';
export { NotFinite } from './lanes/not-finite.js';
export { quantise, type ContributionValues, type QuantisedContribution } from './lanes/quantise.js';
export { generateBfvKey, prepareBfv } from './site/bfv-key.js';
export { measureUploadBytesPerParameter } from './site/measure-upload.js';
export { openFold, type OpenRequest } from './site/open-fold.js';
export { sealToFile, type SealRequest, type SumKeys } from './site/seal-to-file.js';
