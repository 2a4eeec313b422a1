/** The way from the box to the device: what is shown when, and who is told when it is acknowledged. */
import { CLOSE } from "../../protocol/close.ts";
import type { ErasedFrame } from "../../protocol/frames.ts";
import type { Alarm } from "./alarm.ts";
import type { HeldMessage } from "./calls.ts";
import { isDue } from "./expiry.ts";
import { report } from "./guard.ts";
import type { Fate } from "./in-flight.ts";
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

  /** Something was held: the alarm may have to come earlier, and the device is shown it. */
  written(now: number): void {
    this.#alarm.by(this.#store.nextCountedErasure(now));
    this.#line.fallBehind();
    this.drain(now);
  }

  /** Shows the device what this socket was not sent yet, oldest first, as far as its window goes. */
  drain(now: number): void {
    if (!this.#line.isOpen || !this.#line.isBehind) return;
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
   * Shows a device that is live and caught up what is not stored: not one row. Unless it is `nowOrNever`, it is held
   * under the id that it was shown with when the device does not acknowledge it, and its place is kept until then.
   *
   * @returns undefined when it was not shown
   */
  show(body: Uint8Array, heldUntil: number, nowOrNever: boolean, now: number): Promise<Fate> | undefined {
    this.#line.dropDue(now);
    this.drain(now);
    if (!this.#line.isReady(body.length)) return undefined;
    if (!nowOrNever && !this.#store.hasRoom(body.length, now)) return undefined;
    const id = this.nextId(now);
    return this.#line.show({ id, body, heldUntil, revocable: false }, !nowOrNever);
  }

  /** Stores what was shown from memory. What is due by now nobody can be shown again. @returns whether it could */
  hold(messages: readonly HeldMessage[], now: number): boolean {
    try {
      this.#store.transaction(() => {
        for (const { id, body, heldUntil } of messages)
          if (!isDue(heldUntil, now)) this.#store.holdShown(id, body, heldUntil, now);
      });
      this.#alarm.by(this.#store.nextCountedErasure(now));
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  }

  /** Whether no row tells of any of them: an acknowledgement of theirs writes nothing. */
  areUnstored(ids: readonly number[]): boolean {
    return ids.every((id) => this.#line.isUnstored(id));
  }

  /** @param erased of each of `ids` whether its row is gone by now; whoever waits is told after that, never before */
  acknowledged(ids: readonly number[], erased: readonly boolean[], now: number): ErasedFrame["results"] {
    this.#line.dropDue(now);
    return ids.map((id, i) => ({ id, erased: this.#line.acknowledge(id, erased[i] ?? false) }));
  }

  /** A key was revoked, and `id` taken back with it, if it was held: its place in the window is free. */
  revoke(id: number | undefined, now: number): void {
    if (id !== undefined) this.#line.revoke(id);
    this.#alarm.by(this.#store.nextCountedErasure(now));
    this.drain(now);
  }
}
