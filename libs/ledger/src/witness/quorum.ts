/** The fewest witnesses besides the owner for which any quorum exists. */
export const FEWEST_WITNESSES = 2;

/** How many of W witnesses may be in league with a site that cheats: max(1, ⌊W/3⌋). */
export function colludingWitnesses(witnesses: number): number {
  return Math.max(1, Math.floor(witnesses / 3));
}

/**
 * How many of W witnesses must cosign: the smallest w with 2w > W + c, so that any two quorums share an honest one
 * (PROTOCOL.md section 7). The coordinator is never among them. 2 → 2, 3 → 3, 4 → 3, 5 → 4, 9 → 7.
 * @throws RangeError below {@link FEWEST_WITNESSES}
 */
export function witnessQuorum(witnesses: number): number {
  if (!Number.isInteger(witnesses) || witnesses < FEWEST_WITNESSES) throw new RangeError('a ledger needs two witnesses besides its site');
  return Math.floor((witnesses + colludingWitnesses(witnesses)) / 2) + 1;
}
