/** The way from the box to the device: what is shown when, and what its acknowledgement erases. */
import { CLOSE } from "../../protocol/close.ts";
import type { ErasedFrame } from "../../protocol/frames.ts";
import { LIVE_DEADLINE } from "../../protocol/limits.ts";
import type { Alarm } from "./alarm.ts";
import { report } from "./guard.ts";
import type { Line } from "./line.ts";
import type { Store } from "./store.ts";

export class Delivery {
  readonly #store: Store;
  readonly #line: Line;
  readonly #alarm: Alarm;

  constructor(store: Store, line: Line, alarm: Alarm) {
    this.#store = store;
    this.#line = line;
    this.#alarm = alarm;
  }

  /** An id above everything stored and everything this socket was sent: else it would never be drained. */
  nextId(now: number): number {
    return this.#store.nextId(now, this.#line.sentThrough);
  }

  /** Something was held or ended: the alarm may have to come earlier, and the device may be shown more. */
  written(now: number): void {
    this.#alarm.by(this.#store.nextCountedEnd(now));
    this.drain(now);
  }

  /** Shows the device what this socket was not sent yet, oldest first, as far as its window goes. */
  drain(now: number): void {
    if (!this.#line.isOpen) return;
    try {
      this.#line.dropDue(now);
      for (const message of this.#store.held.waiting(this.#line.sentThrough, now))
        if (!this.#line.send(message)) return;
      this.#line.caughtUp();
    } catch (error) {
      report(error);
      this.#line.close(CLOSE.unavailable);
    }
  }

  /**
   * Shows a device that is live and caught up what is not stored: not one row.
   *
   * @returns the id, or undefined when it was not shown
   */
  showUnstored(body: Uint8Array, now: number): number | undefined {
    this.#line.dropDue(now);
    if (this.#line.isBehind) this.drain(now);
    if (!this.#line.isReady(body.length)) return undefined;
    const id = this.nextId(now);
    const message = { id, body, heldUntil: now + LIVE_DEADLINE, revocable: false };
    return this.#line.send(message, true) ? id : undefined;
  }

  /** The rows are gone before anybody is told, and the window moves on with them. */
  acknowledge(ids: readonly number[], now: number): ErasedFrame["results"] {
    this.#line.dropDue(now);
    const rows = this.#store.transaction(() => ids.map((id) => ({ id, erased: this.#store.erase(id, now) })));
    return rows.map(({ id, erased }) => ({ id, erased: this.#line.acknowledge(id, erased) }));
  }

  /** A key was revoked, and `id` taken back with it, if it was held: its place in the window is free. */
  revoke(id: number | undefined, now: number): void {
    if (id !== undefined) this.#line.revoke(id);
    this.written(now);
  }
}
