import { COEFFICIENT_MODULUS, DEGREE, PLAIN_MODULUS } from '../parameters/ring.ts';
import type { Ring } from './context.ts';

/** The ring of this version as plain data. */
export const RING: Ring = { degree: DEGREE, coefficientModulus: COEFFICIENT_MODULUS.toString(), plainModulus: PLAIN_MODULUS };
