/** Stands where a library could touch files, databases or compression; the verifier never comes here. */
export function absent(): never {
  throw new Error('not in a browser');
}

export const constants = {};
export const DatabaseSync = absent;
export const closeSync = absent;
export const deflateRawSync = absent;
export const dirname = absent;
export const inflateRawSync = absent;
export const join = absent;
export const open = absent;
export const openSync = absent;
export const readFile = absent;
export const rename = absent;
export const rm = absent;
