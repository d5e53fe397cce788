import { ConsiliumError } from '@consilium/protocol';

/** A sum that cannot be laid out so that it is certain to be exact. The message names the number that fails. */
export function layoutRefused(message: string, fix: string): ConsiliumError {
  return new ConsiliumError({ code: 'LAYOUT_REFUSED', errorClass: 'refused', message, fix });
}
