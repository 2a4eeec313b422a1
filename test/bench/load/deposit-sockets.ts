/** Senders on deposit sockets: many deposits a frame, within what a socket may have unanswered and take in all. */
import {
  DEPOSIT_SUBPROTOCOL,
  decodeDepositAnswers,
  encodeDeposits,
  type NumberedDeposit,
} from "../../../src/protocol/deposit-frames.ts";
import {
  MAX_SOCKET_DEPOSITS,
  MAX_UNANSWERED_BYTES,
  MAX_UNANSWERED_DEPOSITS,
} from "../../../src/protocol/limits.ts";
import { type OpenSocket, openSocket } from "./recipients.ts";

export type Deposit = Omit<NumberedDeposit, "number">;

/** With what an item has besides its envelope, rounded up. */
const ITEM_OVERHEAD = 512;

interface Waiting {
  readonly resolve: (state: string) => void;
  readonly reject: (error: Error) => void;
}

/** Opens another socket whenever those that are there may not take a frame more. */
export class DepositSockets {
  readonly #url: string;
  readonly #itemsInFrame: number;
  readonly #sockets: Connection[] = [];
  /** What was deposited in this turn of the event loop, on its way into frames. */
  #gathered: { deposit: Deposit; waiting: Waiting }[] = [];

  constructor(origin: string, itemsInFrame: number) {
    this.#url = `${origin.replace("http", "ws")}/v1/deposits`;
    this.#itemsInFrame = itemsInFrame;
  }

  /** @returns the state that the relay answered; rejects with a problem's code */
  deposit(deposit: Deposit): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#gathered.push({ deposit, waiting: { resolve, reject } }) === 1)
        setImmediate(() => this.#send());
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => socket.close()));
  }

  #send(): void {
    const all = this.#gathered;
    this.#gathered = [];
    for (let from = 0; from < all.length; from += this.#itemsInFrame) {
      const frame = all.slice(from, from + this.#itemsInFrame);
      const size = frame.reduce((sum, { deposit }) => sum + deposit.envelope.length + ITEM_OVERHEAD, 0);
      this.#socketFor(frame.length, size).send(frame, size);
    }
  }

  #socketFor(items: number, size: number): Connection {
    const found = this.#sockets.find((socket) => socket.takes(items, size));
    if (found !== undefined) return found;
    const spent = this.#sockets.findIndex((socket) => socket.isSpent);
    if (spent >= 0) for (const socket of this.#sockets.splice(spent, 1)) void socket.close();
    const socket = new Connection(this.#url);
    this.#sockets.push(socket);
    return socket;
  }
}

class Connection {
  readonly #open: Promise<OpenSocket & { socket: WebSocket }>;
  readonly #waiting = new Map<number, Waiting & { size: number }>();
  #unanswered = 0;
  #sent = 0;
  #isClosed = false;

  constructor(url: string) {
    this.#open = openSocket(url, [DEPOSIT_SUBPROTOCOL], (data) => this.#take(data));
    this.#open.then(
      ({ socket }) => socket.addEventListener("close", ({ code, reason }) => this.#end(`${code} ${reason}`)),
      (error: Error) => this.#end(error.message),
    );
  }

  takes(items: number, size: number): boolean {
    return (
      !this.#isClosed &&
      this.#waiting.size + items <= MAX_UNANSWERED_DEPOSITS &&
      this.#unanswered + size <= MAX_UNANSWERED_BYTES &&
      this.#sent + items <= MAX_SOCKET_DEPOSITS
    );
  }

  /** It takes nothing more, and owes nothing. */
  get isSpent(): boolean {
    return this.#waiting.size === 0 && !this.takes(MAX_UNANSWERED_DEPOSITS, 0);
  }

  send(frame: readonly { deposit: Deposit; waiting: Waiting }[], size: number): void {
    this.#unanswered += size;
    const items = frame.map(({ deposit, waiting }) => {
      const number = this.#sent++;
      this.#waiting.set(number, { ...waiting, size: size / frame.length });
      return { ...deposit, number };
    });
    const bytes = new Uint8Array(encodeDeposits(items));
    this.#open.then(
      ({ socket }) => socket.send(bytes),
      () => undefined,
    );
  }

  async close(): Promise<void> {
    await (await this.#open).close();
  }

  #end(why: string): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.values()) reject(new Error(`the deposit socket closed: ${why}`));
    this.#waiting.clear();
  }

  #take(data: Uint8Array): void {
    for (const { number, result } of decodeDepositAnswers(data) ?? []) {
      const waiting = this.#waiting.get(number);
      if (waiting === undefined) continue;
      this.#waiting.delete(number);
      this.#unanswered -= waiting.size;
      if ("state" in result) waiting.resolve(result.state);
      else waiting.reject(new Error(`${result.status} ${result.code}`));
    }
  }
}
