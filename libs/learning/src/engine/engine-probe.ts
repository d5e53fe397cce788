import type { ErrorDetail } from '@consilium/protocol';
import type { EngineDescription, EngineName } from './engine-description.js';

/** What a trial of an engine found: it computes right, and how fast; or why it cannot be used. */
export type EngineProbe =
  | { readonly name: EngineName; readonly usable: true; readonly description: EngineDescription; readonly stepMs: number }
  | { readonly name: EngineName; readonly usable: false; readonly refusal: Pick<ErrorDetail, 'code' | 'message' | 'fix'> };

/** Tries an engine; never rejects: an engine that dies is one that cannot be used. */
export type TryEngine = (name: EngineName) => Promise<EngineProbe>;
