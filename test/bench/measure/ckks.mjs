// The opponent: CKKS as NVIDIA FLARE runs it (N = 8192, [60, 40, 40], scale 2^40), symmetric, in the same SEAL.
// As TenSEAL does it there, a ciphertext is saved with both polynomials.
import { initialize } from 'node-seal';

const SCALE = 2 ** 40;

export async function ckks() {
  const seal = await initialize();
  const settings = new seal.EncryptionParameters(seal.SchemeType.ckks);
  settings.setPolyModulusDegree(8192);
  settings.setCoeffModulus(seal.CoeffModulus.Create(8192, Int32Array.of(60, 40, 40)));
  const context = new seal.SEALContext(settings, true, seal.SecLevelType.tc128);
  if (!context.parametersSet()) throw new Error('SEAL does not accept the parameters');
  const generator = new seal.KeyGenerator(context);
  const secret = generator.secretKey();
  const encryptor = new seal.Encryptor(context, generator.createPublicKey(), secret);
  const decryptor = new seal.Decryptor(context, secret);
  const encoder = new seal.CKKSEncoder(context);
  const evaluator = new seal.Evaluator(context);
  const slots = encoder.slotCount();
  const plain = new seal.Plaintext();
  const ciphertext = new seal.Ciphertext();

  /** Values to serialised ciphertexts. */
  const encrypt = (values) => {
    const files = [];
    for (let at = 0; at < values.length; at += slots) {
      encoder.encode(values.subarray(at, at + slots), SCALE, plain);
      encryptor.encryptSymmetric(plain, ciphertext);
      files.push(ciphertext.saveToArray(seal.ComprModeType.none));
    }
    return files;
  };
  /** The serialised sum of `count` times the same ciphertexts. */
  const sum = (files, count) =>
    files.map((file) => {
      const [total, next] = [new seal.Ciphertext(), new seal.Ciphertext()];
      total.loadFromArray(context, file);
      next.loadFromArray(context, file);
      for (let added = 1; added < count; added++) evaluator.addInplace(total, next);
      const saved = total.saveToArray(seal.ComprModeType.none);
      total.delete();
      next.delete();
      return saved;
    });
  /** Serialised ciphertexts back to values. */
  const decrypt = (files, length) => {
    const values = new Float64Array(length);
    files.forEach((file, index) => {
      ciphertext.loadFromArray(context, file);
      decryptor.decrypt(ciphertext, plain);
      values.set(encoder.decodeFloat64(plain).subarray(0, length - index * slots), index * slots);
    });
    return values;
  };
  return { encrypt, sum, decrypt };
}
