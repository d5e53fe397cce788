import { ConsiliumError, explainRefusal, parameterCount, type SiteRefusal, type TensorShape } from '@consilium/protocol';

/** A weight or update became NaN or infinite. Carries the refusal that may leave the site. */
export class NotFinite extends ConsiliumError {
  readonly refusal: SiteRefusal;

  /** @param step - gradient step, from 1; 0 where no local step is to blame */
  constructor(tensor: string, step: number) {
    const refusal: SiteRefusal = { code: 'NOT_FINITE', fields: { tensor, step: String(step) } };
    const { what, fix } = explainRefusal(refusal);
    super({ code: 'NOT_FINITE', errorClass: 'failed', message: what, fix });
    this.refusal = refusal;
  }
}

/** The tensor that holds the first value that is not finite, or undefined. `values` are all tensors one after the other. */
export function firstNotFinite(tensors: readonly TensorShape[], values: Float32Array | Float64Array): string | undefined {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return undefined;
  let end = 0;
  return tensors.find((tensor) => (end += parameterCount([tensor])) > index)?.name ?? 'optimiser';
}

/** @throws NotFinite naming the first tensor that holds NaN or an infinity */
export function refuseNotFinite(tensors: readonly TensorShape[], values: Float32Array | Float64Array, step: number): void {
  const tensor = firstNotFinite(tensors, values);
  if (tensor !== undefined) throw new NotFinite(tensor, step);
}
