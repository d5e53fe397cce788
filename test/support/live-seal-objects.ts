import type { Bfv } from '../../libs/sealed-sum/src/bfv/context.js';

interface Handle {
  delete(): void;
}

/**
 * Counts SEAL's objects in WebAssembly memory that this thread has made and not deleted. Emscripten's binding gives each
 * a handle made by `Object.create` with a property `$$`; a handle that is merely forgotten keeps its object.
 * @returns how many there are more than at the call
 */
export function liveSealObjects({ seal }: Bfv): () => number {
  let live = 0;
  const create = Object.create.bind(Object) as (prototype: object | null, properties?: PropertyDescriptorMap) => unknown;
  Object.create = (prototype: object | null, properties?: PropertyDescriptorMap) => {
    if (properties && Object.hasOwn(properties, '$$')) live += 1;
    return properties ? create(prototype, properties) : create(prototype);
  };
  let handles = (seal.Ciphertext as unknown as { readonly prototype: Handle }).prototype;
  while (!Object.hasOwn(handles, 'delete')) handles = Object.getPrototypeOf(handles) as Handle;
  const release = handles.delete;
  handles.delete = function (this: Handle) {
    release.call(this);
    live -= 1;
  };
  return () => live;
}
