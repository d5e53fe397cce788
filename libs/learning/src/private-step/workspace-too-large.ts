import { ConsiliumError, explainRefusal, type SiteRefusal } from '@consilium/protocol';

/** A private step of this model does not fit the memory that WebAssembly can have, or that the machine gave. */
export class WorkspaceTooLarge extends ConsiliumError {
  readonly refusal: SiteRefusal;

  constructor(cause: unknown) {
    const refusal = { code: 'RESOURCES', fields: { what: 'memory' } } as const;
    const { what, fix } = explainRefusal(refusal);
    super({ code: refusal.code, errorClass: 'failed', message: what, fix, cause });
    this.refusal = refusal;
  }
}
