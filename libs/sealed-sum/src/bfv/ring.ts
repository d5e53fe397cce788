import { COEFFICIENT_MODULUS, DEGREE, PLAIN_MODULUS } from '../parameters/ring.js';
import type { Ring } from './context.js';

/** The ring of this version as plain data. */
export const RING: Ring = { degree: DEGREE, coefficientModulus: COEFFICIENT_MODULUS.toString(), plainModulus: PLAIN_MODULUS };
