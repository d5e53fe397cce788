import {
  ApprovalServiceService,
  EnrolmentServiceService,
  LedgerServiceService,
  ObjectKind,
  RelayServiceService,
  ReleaseServiceService,
  RosterServiceService,
  RoundServiceService,
  SessionServiceService,
  TransferServiceService,
  type OpenRequest,
  type UploadHeader,
} from '@consilium/protocol/wire';
import { z } from 'zod';

/**
 * What the bytes are, in an officer's words: sealed contributions, keys and shares of keys sealed to other sites, shares
 * that open the masks of a sum and of no single contribution, names and versions, signatures, entries of budget ledgers (studies,
 * rounds and prices; no patient and no count but n̂), totals over all contributors that the site signed, the released model, and
 * questions and answers that say nothing of data.
 */
export const EGRESS_KINDS = [
  'ciphertext',
  'sealed-keys',
  'mask-shares',
  'metadata',
  'signature',
  'ledger',
  'totals',
  'bundle',
  'control',
] as const;
export type EgressKind = (typeof EGRESS_KINDS)[number];

/** How one message is labelled in the record. */
export interface EgressLabel {
  readonly kind: EgressKind;
  readonly study?: string | undefined;
  readonly round?: number | undefined;
}

const Signed = z.object({ study: z.string().optional(), round: z.number().optional() });

/** The study and round of a signed statement; both are part of its canonical JSON. */
function ofStatement(kind: EgressKind, statement: Uint8Array): EgressLabel {
  const { study, round } = Signed.parse(JSON.parse(Buffer.from(statement).toString('utf8')));
  return { kind, study, round };
}

function ofSession({ body }: OpenRequest): EgressLabel {
  switch (body?.$case) {
    case 'hello':
      return { kind: 'metadata' };
    case 'refusal':
      return { kind: 'metadata', study: body.value.study, round: body.value.round };
    case 'recollection':
      return { kind: 'signature', study: body.value.study };
    case 'witnessQuestion':
      return { kind: body.value.question?.$case === 'cosign' ? 'signature' : 'control' };
    case 'witnessAnswer':
      return { kind: body.value.answer?.$case === 'refused' ? 'control' : 'signature' };
    case 'recall':
      return { kind: 'control', study: body.value.study };
    case 'step':
      return { kind: 'control', study: body.value.study, round: body.value.round };
    default:
      return { kind: 'control' };
  }
}

/** Of an upload: the sealed contribution, or the released model. */
export function ofUpload(header: UploadHeader | undefined): EgressLabel {
  return {
    kind: header?.kind === ObjectKind.OBJECT_KIND_BUNDLE ? 'bundle' : 'ciphertext',
    study: header?.study,
    round: header?.round,
  };
}

interface Method<Request> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
}
type Label = (request: never) => EgressLabel;
const on = <Request>({ path }: Method<Request>, label: (request: Request) => EgressLabel): readonly [string, Label] => [path, label];

const { join, renew } = EnrolmentServiceService;
const { pending, submit, withdraw, pause } = ApprovalServiceService;
const { post, take } = RelayServiceService;
const { confirm, advertise, reveal, share, acknowledge, signList, unmask, signFold, agree, signAbort } = RoundServiceService;
const { offset, upload, download } = TransferServiceService;
const { metrics, sign } = ReleaseServiceService;

/** Every method of every service, by its path. A method that is missing here cannot be called. */
export const EGRESS_LABELS: ReadonlyMap<string, Label> = new Map([
  on(join, () => ({ kind: 'metadata' })),
  on(renew, () => ({ kind: 'metadata' })),
  on(RosterServiceService.get, () => ({ kind: 'control' })),
  on(RosterServiceService.countersign, () => ({ kind: 'signature' })),
  on(pending, () => ({ kind: 'control' })),
  on(submit, ({ statement }) => ofStatement('signature', statement)),
  on(withdraw, ({ statement }) => ofStatement('signature', statement)),
  on(pause, ({ statement }) => ofStatement('signature', statement)),
  on(SessionServiceService.open, ofSession),
  on(post, ({ study }) => ({ kind: 'sealed-keys', study })),
  on(take, ({ study }) => ({ kind: 'control', study })),
  on(confirm, ({ study, state }) => ({ kind: 'signature', study, round: state?.round })),
  on(advertise, ({ study }) => ({ kind: 'signature', study })),
  on(reveal, ({ study }) => ({ kind: 'control', study })),
  on(share, ({ study }) => ({ kind: 'sealed-keys', study })),
  on(acknowledge, ({ study }) => ({ kind: 'control', study })),
  on(signList, ({ study, round }) => ({ kind: 'signature', study, round })),
  on(unmask, ({ study, round }) => ({ kind: 'mask-shares', study, round })),
  on(signFold, ({ study, round }) => ({ kind: 'signature', study, round })),
  on(signAbort, ({ study, round }) => ({ kind: 'signature', study, round })),
  on(agree, ({ study, state }) => ({ kind: 'signature', study, round: state?.round })),
  on(offset, ({ header }) => ({ kind: 'control', study: header?.study, round: header?.round })),
  on(upload, ({ body }) => ofUpload(body?.$case === 'header' ? body.value : undefined)),
  on(download, ({ study, round }) => ({ kind: 'control', study, round })),
  on(LedgerServiceService.mirror, () => ({ kind: 'ledger' })),
  on(LedgerServiceService.tail, () => ({ kind: 'control' })),
  on(metrics, ({ statement }) => ofStatement('totals', statement)),
  on(sign, ({ statement }) => ofStatement('signature', statement)),
]);
