// For the coordinator: adds what it cannot read. Nothing here can hold a key or decrypt.
export { type WrittenFile } from '../blocks/durable-file.js';
export { createFolder, foldUploads, type Folder, type FolderOptions, type FoldRequest } from './folder.js';
export { inspectUpload } from './inspect-upload.js';
