import type { LocalAlgorithm } from '@consilium/protocol';

/** How strongly each local step is drawn to where the round began; 0 in all but FedProx. */
export const muOf = (algorithm: LocalAlgorithm): number => (algorithm.name === 'fedprox' ? algorithm.mu : 0);
