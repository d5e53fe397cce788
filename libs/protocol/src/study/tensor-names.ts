import { z } from 'zod';

/** Names of layers, such as `layer1` with all its tensors, or of single tensors, such as `layer0/bias`. */
export const TensorNames = z
  .array(z.string().regex(/^layer\d+(\/[a-z]+)?$/, 'a layer such as layer1, or a tensor such as layer0/bias'))
  .max(1_000);
