import { NODE_FILES, openWitness, witnessStore, type Signer, type Witness } from '@consilium/ledger';
import { readIdentityKey } from '@consilium/identity';
import type { SiteName } from '@consilium/protocol';
import type { WitnessAnswer, WitnessQuestion } from '@consilium/protocol/wire';
import { makePrivateDirectory, type SiteState } from '../state/index.js';
import { memberKeys } from './member-keys.js';
import { cosignAnswer, lastAnswer } from './witness-messages.js';

export interface WitnessDutySetup {
  readonly consortium: string;
  readonly name: SiteName;
  readonly state: SiteState;
  readonly signer: Signer;
}

/** This site's part as a witness of the others' ledgers: what it signed is on its disk before the answer leaves. */
export class WitnessDuty {
  readonly #witness: Witness;
  readonly #consortium: string;

  constructor({ consortium, name, state, signer }: WitnessDutySetup) {
    this.#consortium = consortium;
    makePrivateDirectory(state.layout.witness);
    const keys = memberKeys(state);
    this.#witness = openWitness({
      consortium,
      site: name,
      signer,
      keysOf: (origin) => {
        const [ofConsortium, owner = ''] = origin.split('/');
        return ofConsortium === consortium && owner !== name ? keys(owner) : [];
      },
      readKey: readIdentityKey,
      store: witnessStore(NODE_FILES, state.layout.witness),
      now: Date.now,
    });
  }

  /** @param question - `site` is the one that asks. @returns undefined for a question that is not well formed */
  async answer({ site, id, question }: WitnessQuestion): Promise<WitnessAnswer | undefined> {
    switch (question?.$case) {
      case 'cosign':
        return { site, id, answer: cosignAnswer(await this.#witness.cosign(question.value)) };
      case 'last': {
        const { origin, nonce } = question.value;
        const asked = { consortium: this.#consortium, origin, nonce: nonce.toString('hex') };
        return { site, id, answer: lastAnswer(await this.#witness.lastSeen(asked)) };
      }
      case undefined:
        return undefined;
    }
  }
}
