import { hash } from 'node:crypto';

/** The bytes of an image's numbers, little endian: what is hashed and cached. */
export const pixelBytes = (pixels: Float32Array): Buffer => Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);

/** SHA-256 (hex) of an image's numbers. */
export const pixelDigest = (pixels: Float32Array): string => hash('sha256', pixelBytes(pixels));
