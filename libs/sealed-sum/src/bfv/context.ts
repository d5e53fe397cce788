// Loaded by the fold's worker threads too, from source as well as built: relative imports here end in .ts, which
// TypeScript rewrites when it builds.
import { initialize, type MainModule, type SEALContext } from 'node-seal';

/** The ring, as plain data: what a worker is given. */
export interface Ring {
  readonly degree: number;
  /** q, decimal. */
  readonly coefficientModulus: string;
  readonly plainModulus: number;
}

/** SEAL and its context for one ring. Both live as long as the process. */
export interface Bfv {
  readonly seal: MainModule;
  readonly context: SEALContext;
}

const contexts = new Map<string, Promise<Bfv>>();

/** The context of a ring, made once in a process: about 100 ms the first time. */
export function bfvContext({ degree, coefficientModulus, plainModulus }: Ring): Promise<Bfv> {
  const key = `${degree}/${coefficientModulus}/${plainModulus}`;
  const known = contexts.get(key);
  if (known) return known;
  const made = makeContext({ degree, coefficientModulus, plainModulus });
  contexts.set(key, made);
  made.catch(() => contexts.delete(key));
  return made;
}

async function makeContext({ degree, coefficientModulus, plainModulus }: Ring): Promise<Bfv> {
  const seal = await initialize();
  const settings = new seal.EncryptionParameters(seal.SchemeType.bfv);
  const chain = new seal.VectorModulus();
  const q = new seal.Modulus(BigInt(coefficientModulus));
  const p = new seal.Modulus(BigInt(plainModulus));
  try {
    chain.push_back(q);
    settings.setPolyModulusDegree(degree);
    settings.setCoeffModulus(chain);
    settings.setPlainModulus(p);
    // One prime and no key switching; SEAL itself refuses what falls below 128 bits of security.
    const context = new seal.SEALContext(settings, false, seal.SecLevelType.tc128);
    if (!context.parametersSet()) throw new Error('SEAL does not accept the ring');
    return { seal, context };
  } finally {
    for (const object of [settings, chain, q, p]) object.delete();
  }
}
