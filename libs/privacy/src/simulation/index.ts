// For tests, benches and simulations: noise that can be drawn again, and so protects nobody.
export { SeededRandomness } from './seeded-randomness.js';
