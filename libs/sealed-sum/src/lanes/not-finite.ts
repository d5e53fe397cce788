import { ConsiliumError } from '@consilium/protocol';

/** A value that is not a finite number. Says where, never what. */
export class NotFinite extends ConsiliumError {
  /** Index into the update; nothing when it is the weight. The caller knows which tensor that is. */
  readonly index: number | undefined;

  constructor(index: number | undefined) {
    super({
      code: 'NOT_FINITE',
      errorClass: 'refused',
      message: index === undefined ? 'The weight is not a finite number.' : `Value ${index} of the update is not a finite number.`,
      fix: 'Lower the learning rate, or look for extreme values at the site.',
    });
    this.index = index;
  }
}

/**
 * @param first - index of the first value in the whole update
 * @throws NotFinite for the first value that is not finite
 */
export function requireFinite(update: Float64Array, weight: number, first = 0): void {
  if (!Number.isFinite(weight)) throw new NotFinite(undefined);
  for (let index = 0; index < update.length; index++) if (!Number.isFinite(update[index])) throw new NotFinite(first + index);
}
