export { registerKernels } from './register-kernels.js';
export type { Tf } from './kernel.js';
