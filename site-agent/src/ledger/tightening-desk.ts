import { DecidedBy, Decision, RequestNumber } from '@consilium/ledger';
import { PopulationName } from '@consilium/protocol';
import type { Tightening, TighteningAnswer } from '@consilium/protocol/wire';
import type { SiteState } from '../state/index.js';
import { coordinatorRequest, lastCoordinatorRequest, queueDecision, waitingDecisions, type QueuedDecision } from './decision-queue.js';
import { ledgersHere } from './ledgers-here.js';
import type { TighteningFault } from './tightening-fault.js';

export type SendAnswer = (answer: TighteningAnswer) => void;

export interface TighteningDeskSetup {
  readonly state: SiteState;
  /** Enters what waits in the ledgers, now; never throws. */
  readonly attend: () => Promise<void>;
  readonly now: () => Date;
}

/** Of one ledger: a coordinator that asks more is asked to wait by silence, and asks again in the next session. */
const LARGEST_QUEUE = 20;

/**
 * What the consortium's officers ask through the coordinator: a lower limit, or a freeze. Each is kept on disk before
 * anything follows from it, so that the ledger's one writer enters it before it reserves or spends anything more, also
 * after a crash; each number is taken once. Whatever loosens is refused: that is for this site's own officers.
 */
export class TighteningDesk {
  #send: SendAnswer = () => undefined;

  constructor(private readonly setup: TighteningDeskSetup) {}

  /** @param send - up the stream of the session that has just begun */
  newSession(send: SendAnswer): void {
    this.#send = send;
  }

  /** One request, new or sent again. Resolves when it is entered or refused, or when it has to wait. */
  async take(message: Tightening): Promise<void> {
    const { state, attend, now } = this.setup;
    const read = readTightening(message);
    if (read === undefined) return this.#refuse(message, 'unreadable');
    const { population, decision, by } = read;
    if (!ledgersHere(state.layout).includes(population)) return this.#refuse(message, 'unknown-population');
    const known = coordinatorRequest(state, population, by.request);
    if (known !== undefined) return this.settled(known);
    if (by.request <= lastCoordinatorRequest(state, population)) return this.#refuse(message, 'out-of-turn');
    if (waitingDecisions(state, population).length >= LARGEST_QUEUE) return;
    queueDecision(state, population, decision, by, now());
    await attend();
  }

  /** A decision of whomever is over: where it was the coordinator's, the coordinator is told. */
  settled({ population, by, outcome, detail }: QueuedDecision, lastRequest = 0): void {
    if (by.role !== 'coordinator' || outcome === null) return;
    const last = Math.max(lastRequest, lastCoordinatorRequest(this.setup.state, population));
    const refused = outcome === 'entered' ? '' : (detail ?? '');
    this.#send({ population, request: by.request, entered: outcome === 'entered', refused, last });
  }

  #refuse({ population, request }: Tightening, refused: TighteningFault): void {
    const known = PopulationName.safeParse(population).data;
    const last = known === undefined ? 0 : lastCoordinatorRequest(this.setup.state, known);
    this.#send({ population, request, entered: false, refused, last });
  }
}

function readTightening({ population: name, request, by: asking, change }: Tightening) {
  const population = PopulationName.safeParse(name).data;
  const by = DecidedBy.safeParse({ role: 'coordinator', name: asking, request }).data;
  const asked = change?.$case === 'freeze' ? { kind: 'freeze' } : { kind: 'limit', epsilonMax: decimal(change?.value) };
  const decision = Decision.safeParse(asked).data;
  if (population === undefined || by?.role !== 'coordinator' || !RequestNumber.safeParse(request).success) return undefined;
  return decision === undefined ? undefined : { population, decision, by };
}

/** Plain digits only: `Number` alone reads much else. */
function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}(?:\.\d{1,12})?$/.test(text) ? Number(text) : undefined;
}
