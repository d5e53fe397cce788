// For sites only: whatever can hold a key or decrypt. The coordinator imports `./parameters` and `./fold`.
export { type WrittenFile } from './blocks/durable-file.js';
export { dequantise, type SumValues } from './lanes/dequantise.js';
export { laneCount } from './lanes/lane-layout.js';
export { noisedLanes, noisedSums, type NoisedValues } from './lanes/noised.js';
export { NotFinite } from './lanes/not-finite.js';
export { quantise, quantiseStream, type ContributionValues, type QuantisedContribution, type StreamedValues } from './lanes/quantise.js';
export { generateBfvKey, prepareBfv } from './site/bfv-key.js';
export { measureUploadBytesPerParameter } from './site/measure-upload.js';
export { openFold, openStream, type LaneConsumer, type OpenRequest } from './site/open-fold.js';
export { type LaneSource } from './site/lane-runs.js';
export { sealToFile, type SealRequest } from './site/seal-to-file.js';
export { SiteWorkers, type SiteWorkersOptions } from './site/site-workers.js';
export { type SumKeys } from './site/sum-keys.js';
export { droppedMasks, pairKey, selfKey, siteMasks, type AdvertisedKey, type HeldKey, type SiteMasks } from './masks/mask-keys.js';
export { type MaskTerm } from './masks/mask-sum.js';
export { publicRoundKey, roundKeyPair, type RoundKeyPair } from './masks/round-keys.js';
export { maskGraph, type MaskGraph, type MaskGraphRequest } from './graph/mask-graph.js';
export { needsSeed, shareGraph, type ShareGraph } from './graph/share-graph.js';
export { commitment } from './shares/commitment.js';
export { rebuildRoundKey, rebuildSelfSecret, type DealtSecret, type RebuiltSecret, type ReleasedShare } from './shares/rebuild-secret.js';
export {
  boxProofs,
  shareProof,
  shareRoot,
  verifyBox,
  verifyShare,
  type DealtBoxes,
  type DealtShape,
  type SharePlace,
  type ShareProof,
} from './shares/share-root.js';
export { combineShares, SHARE_BYTES, splitSecret } from './shares/split-secret.js';
