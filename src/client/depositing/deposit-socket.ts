/**
 * One deposit socket to one relay (protocol/deposit-frames.ts). What waits leaves in as few frames as the relay's
 * limits allow; what a socket that ended left unanswered may have been done or not.
 */
import { CLOSE } from "../../protocol/close.ts";
import {
  DEPOSIT_SUBPROTOCOL,
  decodeDepositAnswers,
  depositItemSize,
  encodeDeposits,
  type NumberedAnswer,
  type NumberedDeposit,
} from "../../protocol/deposit-frames.ts";
import { MAX_SOCKET_DEPOSITS, MAX_UNANSWERED_BYTES, MAX_UNANSWERED_DEPOSITS } from "../../protocol/limits.ts";
import { ROUTES } from "../../protocol/routes.ts";
import type { Platform } from "../transport.ts";

/** As long as a slow radio takes to a relay and back a few times: what waits longer is better off as plain requests. */
const OPEN_TIMEOUT = 3000;

/** As for an HTTP answer: a connection that is dead is noticed. */
const ANSWER_TIMEOUT = 20_000;

/** A burst of texts. Then it is closed: what leaves by one socket, the relay can see, leaves from one device. */
const IDLE = 5000;

export type Outgoing = Omit<NumberedDeposit, "number" | "ttlSeconds"> & {
  /** Asked when it leaves; undefined: its time is over by then. */
  readonly ttlSeconds: () => number | undefined;
};

export type SocketAnswer = NumberedAnswer["result"];

/** By the item's place: its answer; `unsent` when its time was over before it left; undefined when the socket ended first. */
export type RunAnswers = (SocketAnswer | "unsent" | undefined)[];

/** Consecutive items for one mailbox: they leave in one frame, for only there is their order kept. */
interface Run {
  readonly items: readonly Outgoing[];
  readonly answers: RunAnswers;
  readonly size: number;
  unanswered: number;
  deadline?: ReturnType<typeof setTimeout>;
  /** Undefined: nothing of it was sent. */
  readonly resolve: (answers: RunAnswers | undefined) => void;
}

export class DepositSocket {
  readonly #socket: WebSocket;
  readonly #onEnd: (failed: boolean) => void;
  readonly #waiting: Run[] = [];
  readonly #sent = new Map<number, { run: Run; place: number; size: number }>();
  #bytes = 0;
  #count = 0;
  #state: "opening" | "open" | "ended" = "opening";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onEnd told once: `failed` when it could not be opened, or the relay says that this side is at fault
   * @throws when the platform has no such socket for this relay
   */
  constructor({ WebSocket }: Pick<Platform, "WebSocket">, relay: string, onEnd: (failed: boolean) => void) {
    this.#onEnd = onEnd;
    this.#socket = new WebSocket(relay.replace(/^http/, "ws") + ROUTES.depositSocket, [DEPOSIT_SUBPROTOCOL]);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("open", () => this.#opened());
    this.#socket.addEventListener("message", ({ data }) => this.#hear(data));
    this.#socket.addEventListener("close", ({ code }) => this.#end(isOurFault(code)));
    this.#socket.addEventListener("error", () => this.#end(false));
    this.#wait(OPEN_TIMEOUT, () => this.#end(false));
  }

  /** Whether it will take so many more items. */
  hasLeft(items: number): boolean {
    const waiting = this.#waiting.reduce((sum, run) => sum + run.items.length, 0);
    return this.#state !== "ended" && this.#count + waiting + items <= MAX_SOCKET_DEPOSITS;
  }

  /**
   * Sends runs, in one frame as far as there is room.
   *
   * @returns for each run its answers, or undefined when nothing of it was sent
   */
  send(runs: readonly (readonly Outgoing[])[]): Promise<RunAnswers | undefined>[] {
    const promises = runs.map(
      (items) =>
        new Promise<RunAnswers | undefined>((resolve) => {
          const size = items.reduce((sum, item) => sum + depositItemSize({ ...item, ttlSeconds: 0 }), 0);
          const answers: RunAnswers = items.map(() => undefined);
          this.#waiting.push({ items, answers, size, unanswered: 0, resolve });
        }),
    );
    if (this.#state === "ended") this.#end(false);
    else this.#pump();
    return promises;
  }

  close(): void {
    this.#end(false);
  }

  #opened(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#rest();
    this.#pump();
  }

  /** Sends as many of the runs that wait as there is room for, none before another. */
  #pump(): void {
    if (this.#state !== "open") return;
    const items: NumberedDeposit[] = [];
    for (;;) {
      const [run] = this.#waiting;
      if (run === undefined || !this.#hasRoom(run)) break;
      this.#waiting.shift();
      items.push(...this.#number(run));
    }
    if (items.length === 0) return;
    clearTimeout(this.#timer);
    this.#socket.send(new Uint8Array(encodeDeposits(items)));
  }

  /** The items of a run that leaves now. It waited for the socket, or for room: what is over by now stays behind. */
  #number(run: Run): NumberedDeposit[] {
    const items: NumberedDeposit[] = [];
    for (const [place, item] of run.items.entries()) {
      const ttlSeconds = item.ttlSeconds();
      if (ttlSeconds === undefined) {
        run.answers[place] = "unsent";
        continue;
      }
      const number = this.#count++;
      const numbered = { ...item, number, ttlSeconds };
      const size = depositItemSize(numbered);
      items.push(numbered);
      this.#sent.set(number, { run, place, size });
      this.#bytes += size;
    }
    run.unanswered = items.length;
    if (items.length === 0) run.resolve(run.answers);
    else run.deadline = setTimeout(() => this.#end(false), ANSWER_TIMEOUT);
    return items;
  }

  #hasRoom(run: Run): boolean {
    return (
      this.#sent.size + run.items.length <= MAX_UNANSWERED_DEPOSITS &&
      this.#bytes + run.size <= MAX_UNANSWERED_BYTES
    );
  }

  #hear(data: unknown): void {
    if (this.#state !== "open") return;
    const answers = data instanceof ArrayBuffer ? decodeDepositAnswers(new Uint8Array(data)) : undefined;
    // What is not the protocol's, or answers what was not sent: take no more from this relay on this socket.
    if (answers === undefined || !answers.every((answer) => this.#settle(answer))) {
      this.#end(true);
      return;
    }
    if (this.#sent.size === 0) this.#rest();
    this.#pump();
  }

  #settle({ number, result }: NumberedAnswer): boolean {
    const sent = this.#sent.get(number);
    if (sent === undefined) return false;
    const { run, place, size } = sent;
    this.#sent.delete(number);
    this.#bytes -= size;
    run.answers[place] = result;
    // It may be the socket that fails: a platform lets one request do only so much. The next goes by another.
    if ("status" in result && result.status >= 500) this.#count = MAX_SOCKET_DEPOSITS;
    run.unanswered--;
    if (run.unanswered > 0) return true;
    clearTimeout(run.deadline);
    run.resolve(run.answers);
    return true;
  }

  #rest(): void {
    this.#wait(IDLE, () => this.#end(false));
  }

  #wait(milliseconds: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, milliseconds);
  }

  #end(failed: boolean): void {
    clearTimeout(this.#timer);
    const before = this.#state;
    this.#state = "ended";
    if (before !== "ended") {
      this.#socket.close(1000);
      this.#onEnd(failed || before === "opening");
    }
    for (const { run } of this.#sent.values()) {
      clearTimeout(run.deadline);
      run.resolve(run.answers);
    }
    this.#sent.clear();
    for (const run of this.#waiting.splice(0)) run.resolve(undefined);
  }
}

function isOurFault(code: number): boolean {
  return code === CLOSE.malformedFrame.code || code === CLOSE.overrun.code;
}
