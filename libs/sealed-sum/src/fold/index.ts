// For the coordinator: adds what it cannot read. Nothing here can hold the BFV key or decrypt; the only secrets that it
// ever works with are the round keys of sites that dropped out, whose masks it takes out of the sum.
export { type WrittenFile } from '../blocks/durable-file.js';
export { createFolder, foldUploads, type Folder, type FolderOptions, type FoldRequest } from './folder.js';
export { inspectUpload } from './inspect-upload.js';
export { droppedMasks, pairKey, type AdvertisedKey, type HeldKey } from '../masks/mask-keys.js';
export { type MaskTerm } from '../masks/mask-sum.js';
export { publicRoundKey } from '../masks/round-keys.js';
export { maskGraph, type MaskGraph, type MaskGraphRequest } from '../graph/mask-graph.js';
export { needsSeed, shareGraph, type ShareGraph } from '../graph/share-graph.js';
export { rebuildRoundKey, type DealtSecret, type RebuiltSecret, type ReleasedShare } from '../shares/rebuild-secret.js';
export { verifyShare, type DealtShape, type SharePlace, type ShareProof } from '../shares/share-root.js';
export { SHARE_BYTES } from '../shares/split-secret.js';
