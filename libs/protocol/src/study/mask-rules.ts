/** When sites share masks and secrets with everybody, and how safe the sparser graph is beyond (PROTOCOL.md section 4, last line). */
export interface MaskRules {
  /** Members of a block up to which the graph is complete. */
  readonly completeUpTo: number;
  /** Secrecy and correctness of the sparser graph each fail with at most 2^−failureBits. */
  readonly failureBits: number;
}

export const MASK_RULES: MaskRules = { completeUpTo: 150, failureBits: 40 };
