import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A line between a site and its coordinator, with the faults that lines have. */
export interface LineQuality {
  /** One way, in both directions. Default 0. */
  readonly delayMs?: number;
  /** Towards the coordinator, over all connections. Default: as fast as it goes. */
  readonly bytesPerSecond?: number;
  /** A connection that carries nothing for so long is cut, as firewalls do. Default: never. */
  readonly cutIdleMs?: number;
}

/** Read ahead of what may be sent: a delay must hold what is under way, other lines must push back. */
const UNDER_WAY_BYTES = 64 * 2 ** 20;
const HELD_BYTES = 64 * 2 ** 10;
/** Paced in slices of this. */
const SLICE_BYTES = 16 * 2 ** 10;

interface Piece {
  readonly due: number;
  readonly bytes: Buffer;
}

interface LanePlan {
  readonly from: Socket;
  readonly to: Socket;
  readonly delayMs: number;
  /** Milliseconds that a slice has to wait for its turn; absent on a line without a pace. */
  readonly pace: ((bytes: number) => number) | undefined;
  readonly stands: () => boolean;
  readonly forwarded: (bytes: number) => void;
}

/** One direction of one connection. */
class Lane {
  readonly #plan: LanePlan;
  readonly #queue: Piece[] = [];
  #queued = 0;
  #ended = false;
  #blocked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: LanePlan) {
    this.#plan = plan;
    plan.from.on('data', (bytes: Buffer) => this.#take(bytes));
    plan.from.on('end', () => {
      this.#ended = true;
      this.pump();
    });
    plan.to.on('drain', () => {
      this.#blocked = false;
      this.pump();
    });
  }

  #take(bytes: Buffer): void {
    const { delayMs, pace } = this.#plan;
    const due = performance.now() + delayMs;
    if (!pace) this.#queue.push({ due, bytes });
    else
      for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
        const slice = bytes.subarray(at, at + SLICE_BYTES);
        this.#queue.push({ due: Math.max(due, performance.now() + pace(slice.length)), bytes: slice });
      }
    this.#queued += bytes.length;
    this.pump();
  }

  /** Sends what is due. Called again whenever that may have changed. */
  pump(): void {
    const { from, to, delayMs, stands, forwarded } = this.#plan;
    clearTimeout(this.#timer);
    for (let piece = this.#queue[0]; piece && !stands() && !this.#blocked && !to.destroyed; piece = this.#queue[0]) {
      if (piece.due > performance.now()) break;
      this.#queue.shift();
      this.#queued -= piece.bytes.length;
      this.#blocked = !to.write(piece.bytes);
      forwarded(piece.bytes.length);
    }
    const full = this.#queued >= (delayMs > 0 ? UNDER_WAY_BYTES : HELD_BYTES);
    if (full || stands()) from.pause();
    else from.resume();
    if (stands() || this.#blocked) return;
    const next = this.#queue[0];
    if (next) this.#timer = setTimeout(() => this.pump(), Math.max(1, next.due - performance.now()));
    else if (this.#ended) to.end();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** A connection through the relay. */
interface Pair {
  readonly sockets: readonly [Socket, Socket];
  readonly lanes: readonly Lane[];
  /** Carries nothing any more, but says so to nobody: a state table that lost this connection. */
  stranded: boolean;
}

/**
 * Forwards TCP and can delay, slow, freeze, strand, cut and count. Up is towards the coordinator. It looks at nothing
 * that it carries.
 */
export class Relay {
  /** Bytes carried, over all connections. */
  up = 0;
  down = 0;
  /** Bytes that the site has put on the line, with those that a fault has lost on it. */
  sent = 0;
  /** Connections taken, ever; and those that were cut for idleness. */
  connections = 0;
  idleCuts = 0;
  readonly #pairs = new Set<Pair>();
  readonly #triggers: { readonly up: number; readonly act: () => void }[] = [];
  #frozen = false;
  /** While set, new connections are refused. */
  #down = false;
  #turn = 0;

  readonly #server: Server;
  #target: number;
  readonly #quality: LineQuality;

  private constructor(server: Server, target: number, quality: LineQuality) {
    this.#server = server;
    this.#target = target;
    this.#quality = quality;
    server.on('connection', (socket: Socket) => this.#carry(socket));
  }

  /** @param target - port on 127.0.0.1 */
  static async open(target: number, quality: LineQuality = {}): Promise<Relay> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const relay = new Relay(server, target, quality);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Does `act` once, as soon as `up` bytes have been carried. */
  at(up: number, act: () => void): void {
    this.#triggers.push({ up, act });
  }

  /** Everything stands still, new connections too, until `thaw`. */
  freeze(): void {
    this.#frozen = true;
    this.#pumpAll();
  }

  thaw(): void {
    this.#frozen = false;
    this.#pumpAll();
  }

  /** The connections of now stand still for ever; new ones pass. */
  strand(): void {
    for (const pair of this.#pairs) pair.stranded = true;
    this.#pumpAll();
  }

  /** Ends the connections of now. */
  cut(): void {
    for (const { sockets } of this.#pairs) for (const socket of sockets) socket.destroy();
  }

  /** New connections lead to another port. */
  redirect(target: number): void {
    this.#target = target;
  }

  /** Cuts, and refuses new connections until `repair`. */
  breakDown(): void {
    this.#down = true;
    this.cut();
  }

  repair(): void {
    this.#down = false;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }

  #pumpAll(): void {
    for (const { lanes } of this.#pairs) for (const lane of lanes) lane.pump();
  }

  #carry(near: Socket): void {
    if (this.#down) {
      near.destroy();
      return;
    }
    this.connections += 1;
    const far = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    near.on('data', (bytes: Buffer) => (this.sent += bytes.length));
    const { delayMs = 0, bytesPerSecond, cutIdleMs } = this.#quality;
    const stands = (): boolean => this.#frozen || pair.stranded;
    const pace = bytesPerSecond === undefined ? undefined : (bytes: number): number => this.#waitFor(bytes, bytesPerSecond);
    const lanes = [
      new Lane({ from: near, to: far, delayMs, pace, stands, forwarded: (bytes) => this.#wentUp(bytes) }),
      new Lane({ from: far, to: near, delayMs, pace: undefined, stands, forwarded: (bytes) => (this.down += bytes) }),
    ];
    const pair: Pair = { sockets: [near, far], lanes, stranded: false };
    this.#pairs.add(pair);
    for (const socket of pair.sockets) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#pairs.delete(pair);
        for (const lane of lanes) lane.stop();
        for (const other of pair.sockets) if (!other.destroyed) other.destroy();
      });
    }
    if (cutIdleMs !== undefined)
      near.setTimeout(cutIdleMs, () => {
        this.idleCuts += 1;
        near.destroy();
      });
  }

  #wentUp(bytes: number): void {
    this.up += bytes;
    for (const trigger of this.#triggers.splice(0)) {
      if (this.up >= trigger.up) trigger.act();
      else this.#triggers.push(trigger);
    }
  }

  /** Milliseconds until a slice has its turn on the shared line. */
  #waitFor(bytes: number, bytesPerSecond: number): number {
    const now = performance.now();
    this.#turn = Math.max(this.#turn, now) + (bytes / bytesPerSecond) * 1_000;
    return this.#turn - now;
  }
}
