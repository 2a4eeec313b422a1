/**
 * The deposit socket: it ends in the Worker, keeps nothing and knows no sender. A frame's items go to their mailboxes
 * side by side, in one call each, and each mailbox's are answered as soon as it has answered.
 */
import { CLOSE } from "../../protocol/close.ts";
import {
  decodeDeposits,
  encodeDepositAnswers,
  type NumberedAnswer,
  type NumberedDeposit,
} from "../../protocol/deposit-frames.ts";
import { DEPOSIT_SOCKET_IDLE } from "../../protocol/limits.ts";
import type { Spend } from "../edge/rate.ts";
import { depositTogether } from "./together.ts";
import { DepositWindow } from "./window.ts";

const NORMAL_CLOSURE = 1000;

export class DepositSocket {
  readonly #env: Env;
  readonly #socket: WebSocket;
  readonly #spend: Spend;
  readonly #window = new DepositWindow();
  #idle: ReturnType<typeof setTimeout> | null = null;
  #closed = false;

  /** @param spend counts one more request of the client's */
  constructor(env: Env, socket: WebSocket, spend: Spend) {
    this.#env = env;
    this.#socket = socket;
    this.#spend = spend;
  }

  /** Takes the socket over, to its end. */
  serve(): void {
    const socket = this.#socket;
    socket.accept();
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", () => this.#close({ code: NORMAL_CLOSURE, reason: "" }));
    socket.addEventListener("error", () => this.#close({ code: NORMAL_CLOSURE, reason: "" }));
    this.#rest();
  }

  #take(data: string | ArrayBuffer): void {
    // What was under way when it was closed from here.
    if (this.#closed) return;
    const items = typeof data === "string" ? "malformed" : decodeDeposits(new Uint8Array(data));
    const verdict = typeof items === "string" ? items : this.#window.take(items);
    if (typeof items === "string" || verdict !== "taken") {
      this.#close(verdict === "overrun" ? CLOSE.overrun : CLOSE.malformedFrame);
      return;
    }
    clearTimeout(this.#idle);
    for (const group of byAddress(items)) void this.#deposit(group);
  }

  async #deposit(items: readonly NumberedDeposit[]): Promise<void> {
    const answers = await depositTogether(this.#env, items, this.#spend);
    this.#window.answered(items);
    this.#answer(answers);
    if (!this.#window.isEmpty) return;
    if (this.#window.isUsedUp) this.#close(CLOSE.usedUp);
    else this.#rest();
  }

  #answer(answers: readonly NumberedAnswer[]): void {
    try {
      this.#socket.send(encodeDepositAnswers(answers));
    } catch {
      // It has ended: what was not answered is repeated, and the recipient knows a double.
    }
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#closed) return;
    this.#idle = setTimeout(() => this.#close(CLOSE.idle), DEPOSIT_SOCKET_IDLE);
  }

  #close({ code, reason }: { code: number; reason: string }): void {
    clearTimeout(this.#idle);
    this.#closed = true;
    try {
      this.#socket.close(code, reason);
    } catch {
      // It had ended by itself.
    }
  }
}

function byAddress(items: readonly NumberedDeposit[]): NumberedDeposit[][] {
  const groups = new Map<string, NumberedDeposit[]>();
  for (const item of items) {
    const group = groups.get(item.address) ?? [];
    group.push(item);
    groups.set(item.address, group);
  }
  return [...groups.values()];
}
