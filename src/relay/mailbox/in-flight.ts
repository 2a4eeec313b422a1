/**
 * The frames that a device was sent and has not acknowledged, in the order sent. What they occupy is counted as they
 * come and go: it is asked for with every deposit.
 */
import type { HeldMessage } from "./calls.ts";
import { isDue } from "./expiry.ts";
import type { Occupancy } from "./window.ts";

/**
 * What became of a frame whose sender waits. `missed`: not acknowledged by the deadline, or too late for its
 * time. `gone`: the socket ended. Of either, what is to be held is in the tables by then; `unavailable`: it could not
 * be put there. `withdrawn`: the mailbox ended.
 */
export type Fate = "acknowledged" | "missed" | "gone" | "unavailable" | "withdrawn";

export interface Sent {
  readonly size: number;
  readonly expiresAt: number;
  /** Whether a row will tell if it was acknowledged. */
  stored: boolean;
  /** What is to be stored if nobody acknowledges it; until then it lives in memory alone. */
  live?: HeldMessage;
  /** Its sender waits. */
  settle?: (fate: Fate) => void;
}

export class InFlight {
  readonly #frames = new Map<number, Sent>();
  #bytes = 0;
  #liveMessages = 0;
  #liveBytes = 0;
  /** Nothing is due before. */
  #firstDue = Number.POSITIVE_INFINITY;

  get occupied(): Occupancy {
    return { messages: this.#frames.size, bytes: this.#bytes };
  }

  /** That of it which lives in memory alone and is to be stored if nobody acknowledges it. */
  get live(): Occupancy {
    return { messages: this.#liveMessages, bytes: this.#liveBytes };
  }

  get(id: number): Sent | undefined {
    return this.#frames.get(id);
  }

  all(): Iterable<Sent> {
    return this.#frames.values();
  }

  add(id: number, sent: Sent): void {
    this.#frames.set(id, sent);
    this.#bytes += sent.size;
    this.#firstDue = Math.min(this.#firstDue, sent.expiresAt);
    if (sent.live !== undefined) this.#countLive(1, sent.size);
  }

  remove(id: number): Sent | undefined {
    const sent = this.#frames.get(id);
    if (sent === undefined) return undefined;
    this.#frames.delete(id);
    this.#bytes -= sent.size;
    if (sent.live !== undefined) this.#countLive(-1, sent.size);
    return sent;
  }

  /** What lives in memory alone, which from here on is the caller's to store. */
  takeLive(): { readonly sent: Sent; readonly message: HeldMessage }[] {
    if (this.#liveMessages === 0) return [];
    const taken: { sent: Sent; message: HeldMessage }[] = [];
    for (const sent of this.#frames.values()) {
      if (sent.live === undefined) continue;
      taken.push({ sent, message: sent.live });
      delete sent.live;
    }
    this.#liveMessages = 0;
    this.#liveBytes = 0;
    return taken;
  }

  /** Ids of what is due. */
  due(now: number): number[] {
    if (!isDue(this.#firstDue, now)) return [];
    const due: number[] = [];
    this.#firstDue = Number.POSITIVE_INFINITY;
    for (const [id, { expiresAt }] of this.#frames) {
      if (isDue(expiresAt, now)) due.push(id);
      else this.#firstDue = Math.min(this.#firstDue, expiresAt);
    }
    return due;
  }

  #countLive(messages: 1 | -1, size: number): void {
    this.#liveMessages += messages;
    this.#liveBytes += messages * size;
  }
}
