import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransferServiceService as generated, type UploadRequest } from './gen/consilium/v1/transfer.js';
import { TransferServiceService as own } from './wire.js';

const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(127, 128, 16_383, 16_384).map((length) => new Uint8Array(length)),
  )
  .map((array) => Buffer.from(array));
const body: fc.Arbitrary<UploadRequest['body']> = fc.oneof(
  bytes.map((value) => ({ $case: 'chunk' as const, value })),
  fc.record({ length: fc.bigInt(0n, 2n ** 40n), sha256: bytes, signature: bytes }).map((value) => ({ $case: 'commit' as const, value })),
  fc.constant(undefined),
);

describe('chunks of a transfer', () => {
  it('have the very bytes of the generated code', () => {
    fc.assert(
      fc.property(body, (message) => {
        expect(own.upload.requestSerialize({ body: message }).equals(generated.upload.requestSerialize({ body: message }))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(bytes, (chunk) => {
        expect(own.download.responseSerialize({ chunk }).equals(generated.download.responseSerialize({ chunk }))).toBe(true);
      }),
    );
  });

  it('are read as the generated code reads them', () => {
    fc.assert(
      fc.property(body, (message) => {
        const encoded = generated.upload.requestSerialize({ body: message });
        expect(own.upload.requestDeserialize(encoded)).toEqual(generated.upload.requestDeserialize(encoded));
      }),
    );
    fc.assert(
      fc.property(bytes, (chunk) => {
        const encoded = generated.download.responseSerialize({ chunk });
        expect(own.download.responseDeserialize(encoded)).toEqual({ chunk });
      }),
    );
  });

  it('that are no message are refused, or read, just as by the generated code', () => {
    const outcome = (read: (input: Buffer) => unknown, input: Buffer): unknown => {
      try {
        return read(input);
      } catch {
        return 'refused';
      }
    };
    const keyed = fc
      .tuple(fc.constantFrom(0x12, 0x0a, 0x1a), fc.uint8Array({ maxLength: 12 }))
      .map(([key, rest]) => Buffer.from([key, ...rest]));
    fc.assert(
      fc.property(keyed, (input) => {
        expect(outcome(own.upload.requestDeserialize, input)).toEqual(outcome(generated.upload.requestDeserialize, input));
        expect(outcome(own.download.responseDeserialize, input)).toEqual(outcome(generated.download.responseDeserialize, input));
      }),
      { numRuns: 2_000 },
    );
  });
});
