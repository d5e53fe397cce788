import { createHash } from 'node:crypto';
import { ConsiliumError, SiteName, StudyHash } from '@consilium/protocol';
import type { RelayServiceServer } from '@consilium/protocol/wire';
import { putRelayBox, relayBoxesFor, shareBoxesFor, type Database } from '../storage/index.js';
import type { StudyEngine } from '../studies/study-engine.js';
import { forSite, type CallContext } from './handlers.js';
import { checkFields, requireMember, type IdentityKeyOf } from './words-of-sites.js';

export interface RelayServiceOptions {
  readonly context: CallContext;
  readonly engine: StudyEngine;
  readonly db: Database;
  readonly consortium: string;
  readonly keyOf: IdentityKeyOf;
}

/** A BFV key is 32 kB; nothing that sites seal to each other is larger than this. */
const LARGEST_BOX = 2 ** 20;

/** Sealed boxes from site to site: checked for sender and size, stored, handed on. */
export function relayService({ context, engine, db, consortium, keyOf }: RelayServiceOptions): RelayServiceServer {
  return {
    post: forSite(context, 'Relay.Post', async (site, request) => {
      const study = StudyHash.parse(request.study);
      const state = engine.state(study);
      requireMember(state, site);
      for (const box of request.boxes) {
        const to = SiteName.parse(box.to);
        requireMember(state, to);
        if (box.from !== site || box.ciphertext.length > LARGEST_BOX || box.encapsulatedKey.length > LARGEST_BOX)
          throw new ConsiliumError({
            code: 'MESSAGE_INVALID',
            errorClass: 'usage',
            message: `A sealed box comes from the site that posts it and has at most ${LARGEST_BOX} bytes.`,
            fix: 'Update consilium-site.',
          });
        const sha256 = createHash('sha256').update(box.encapsulatedKey).update(box.ciphertext).digest('hex');
        await checkFields('box', { consortium, study, keyEpoch: request.keyEpoch, from: site, to, sha256 }, box.signature, site, keyOf);
        await putRelayBox(db, {
          study,
          key_epoch: request.keyEpoch,
          sender: site,
          recipient: to,
          encapsulated_key: box.encapsulatedKey,
          ciphertext: box.ciphertext,
          signature: box.signature,
        });
      }
      return {};
    }),
    take: forSite(context, 'Relay.Take', async (site, request) => {
      const study = StudyHash.parse(request.study);
      requireMember(engine.state(study), site);
      const { block, keyEpoch } = request;
      const boxes = block === undefined ? await relayBoxesFor(db, study, keyEpoch, site) : await shareBoxesFor(db, study, block, site);
      return {
        boxes: boxes.map(({ sender, recipient, encapsulated_key, ciphertext, signature }) => ({
          from: sender,
          to: recipient,
          encapsulatedKey: encapsulated_key,
          ciphertext,
          signature,
        })),
      };
    }),
  };
}
