import { z } from 'zod';
import { EGRESS_KINDS } from './egress-kind.js';

const bytes = z.int().min(0);
const common = {
  time: z.iso.datetime(),
  kind: z.enum(EGRESS_KINDS),
  method: z.string(),
  study: z.string().optional(),
  round: z.int().optional(),
  destination: z.string(),
};

/** One line of `egress.jsonl`. `bytes` are those of the serialized messages and their 5 bytes of gRPC frame each. */
export const EgressLine = z.union([
  /** One message, or `messages` heartbeats of one minute. */
  z.strictObject({ ...common, bytes, messages: z.int().min(1).optional() }),
  /** Before the first byte of an upload leaves: `atMost` bytes may follow. `offset` above 0 is a resume. */
  z.strictObject({ ...common, upload: z.string(), offset: bytes, length: bytes, sha256: z.string(), atMost: bytes }),
  /** After its last byte, or after it broke: what was sent of the upload begun under this id. */
  z.strictObject({ ...common, upload: z.string(), bytes }),
]);
export type EgressLine = z.infer<typeof EgressLine>;
