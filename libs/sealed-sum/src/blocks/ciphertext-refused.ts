import { ConsiliumError } from '@consilium/protocol';

/**
 * Bytes that cannot be a ciphertext of this sum. Says what is wrong and never what they hold; nothing in it depends on a key.
 * @param what - such as `The upload`
 * @param fault - end of the sentence, such as `its length is 12 bytes, not 32888`
 * @param path - which of several, such as `uploads[2]`
 */
export function ciphertextRefused(what: string, fault: string, path?: string): ConsiliumError {
  return new ConsiliumError({
    code: 'CIPHERTEXT_REFUSED',
    errorClass: 'verification',
    message: `${what} is refused: ${fault}.`,
    fix: 'Send the file again as it was sealed for this round; if it is refused again, the sender runs another version or another study.',
    ...(path === undefined ? {} : { problems: [{ path, detail: fault }] }),
  });
}
