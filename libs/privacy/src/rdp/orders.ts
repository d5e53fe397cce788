const DENSE = 64;

/** Integer orders at which sampled mechanisms are priced (PROTOCOL.md section 7). */
export const ORDERS: readonly number[] = [
  ...Array.from({ length: DENSE - 1 }, (_, index) => index + 2),
  ...[72, 80, 96, 112, 128, 160, 192, 256, 384, 512, 768, 1024],
];

export const LARGEST_ORDER = 1024;
