import { BrowserBuffer } from './browser-buffer.js';

// Before any library is evaluated: some make constants of it.
Object.assign(globalThis, { Buffer: BrowserBuffer });
