import type { Bfv } from '../../libs/sealed-sum/src/bfv/context.js';

interface Handles {
  delete(): void;
}

/**
 * Counts SEAL's objects in WebAssembly memory that this thread has made and not deleted. Emscripten's binding gives each
 * a handle with a property `$$`, set as it is made in one of two ways; a handle that is only forgotten keeps its object.
 * @returns how many there are more than at the call
 */
export function liveSealObjects({ seal }: Bfv): () => number {
  let live = 0;
  const count = (properties: object | null | undefined): void => {
    if (properties && Object.hasOwn(properties, '$$')) live += 1;
  };
  const { create, defineProperties } = Object;
  Object.create = (prototype: object | null, properties?: PropertyDescriptorMap) => {
    count(properties);
    return (properties ? create(prototype, properties) : create(prototype)) as unknown;
  };
  Object.defineProperties = (object, properties) => {
    count(properties);
    return defineProperties(object, properties);
  };
  let handles = seal.Ciphertext.prototype as unknown as Handles;
  while (!Object.hasOwn(handles, 'delete')) handles = Object.getPrototypeOf(handles) as Handles;
  const release = handles.delete;
  handles.delete = function (this: Handles) {
    release.call(this);
    live -= 1;
  };
  return () => live;
}
