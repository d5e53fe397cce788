import { canonicalJson, sha256Hex, type Json, type SealParameters } from '@consilium/protocol';

/** SHA-256 (64 hex digits) of the parameter object's canonical JSON: stands in every upload's header. */
export function parametersHash(parameters: SealParameters): string {
  return sha256Hex(canonicalJson(parameters as unknown as Json));
}
