/**
 * The live line: the one socket of the device, and how far it has got. The newest socket wins.
 *
 * What lives in memory alone goes into the tables in the very turn in which its socket ends or misses a deadline:
 * before a newer socket can be shown anything with a greater id, behind which it would never be drained.
 *
 * Hibernation takes the memory but not the socket. What must outlive it is in the socket's attachment; what is
 * unacknowledged is then read from the tables again: every stored frame up to `sentThrough` that is still there.
 */
import { CLOSE } from "../../protocol/close.ts";
import {
  type ErasedFrame,
  encodeRelayFrame,
  type NoticeFrame,
  PING,
  PONG,
  type RelayFrame,
} from "../../protocol/frames.ts";
import { LIVE_DEADLINE } from "../../protocol/limits.ts";
import type { HeldMessage } from "./calls.ts";
import { type Fate, InFlight, type Sent } from "./in-flight.ts";
import { fits, NOTHING, type Occupancy } from "./window.ts";

/** Survives hibernation with the socket. */
interface Attachment {
  /** The greatest id sent on this socket. */
  sentThrough: number;
  /** Whether `caught-up` was sent: once a socket. */
  caughtUp: boolean;
  /** It missed a deadline and has not acknowledged everything since: no sender waits for it. */
  slow: boolean;
}

export interface StoredFrame {
  readonly id: number;
  readonly size: number;
  readonly expiresAt: number;
}

/** The tables, as far as the line needs them. */
interface Rows {
  /** What is stored, unacknowledged, and has an id up to `sentThrough`. */
  sent(sentThrough: number): StoredFrame[];
  /** Stores them all, or none; what is due need not be. @returns whether they are stored */
  hold(messages: readonly HeldMessage[]): boolean;
}

const FRESH: Attachment = { sentThrough: 0, caughtUp: false, slow: false };

export class Line {
  readonly #context: DurableObjectState;
  readonly #rows: Rows;
  #socket: WebSocket | undefined;
  #progress = FRESH;
  /** Whether held messages may wait that this socket was not sent; after waking that is not known. */
  #behind = true;
  /** Undefined after waking, until it is first needed. */
  #inFlight: InFlight | undefined;

  constructor(context: DurableObjectState, rows: Rows) {
    this.#context = context;
    this.#rows = rows;
    // Answered by the platform: a quiet socket wakes nothing and costs nothing.
    context.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    // A socket that was closed from here is listed until its device has answered: it is not the line any more.
    this.#socket = context.getWebSockets().find(({ readyState }) => readyState === WebSocket.OPEN);
    this.#progress = (this.#socket?.deserializeAttachment() as Attachment | undefined) ?? FRESH;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** Nothing of this socket's has a greater id. */
  get sentThrough(): number {
    return this.#progress.sentThrough;
  }

  get isBehind(): boolean {
    return this.#behind;
  }

  /** What is shown and in no table, and will have to be there if the device does not acknowledge it. */
  get live(): Occupancy {
    return this.#inFlight?.live ?? NOTHING;
  }

  is(socket: WebSocket): boolean {
    return socket === this.#socket;
  }

  /** Whether no row tells of this frame: it was shown from memory. */
  isUnstored(id: number): boolean {
    return this.#window().get(id)?.stored === false;
  }

  /** Whether a frame of `size` octets can be shown now and its sender can expect an acknowledgement in time. */
  isReady(size: number): boolean {
    return this.isOpen && !this.#behind && !this.#progress.slow && this.#hasRoom(size);
  }

  /** Takes the device's new socket in place of the one there was. */
  accept(socket: WebSocket): void {
    this.close(CLOSE.replaced);
    this.#context.acceptWebSocket(socket);
    this.#socket = socket;
    this.#inFlight = new InFlight();
    this.#behind = true;
    this.#note(FRESH);
  }

  /**
   * Shows what is stored.
   *
   * @returns false when the window has no room for it: it waits, and so does all that comes after it
   */
  send(message: HeldMessage): boolean {
    const { id, heldUntil, body } = message;
    if (!this.isOpen || !this.#hasRoom(body.length)) {
      this.#behind = true;
      return false;
    }
    this.#window().add(id, { size: body.length, expiresAt: heldUntil, stored: true });
    this.#push(message);
    return this.isOpen;
  }

  /**
   * Shows what is not stored, to a device that {@link isReady}, and waits for its fate.
   *
   * @param keep whether it is to be stored unless it is acknowledged by the deadline
   */
  show(message: HeldMessage, keep: boolean): Promise<Fate> {
    const { id, heldUntil, body } = message;
    // What is never stored stays until it is acknowledged: else a silent device would never be slow.
    const expiresAt = keep ? heldUntil : Number.POSITIVE_INFINITY;
    const sent: Sent = { size: body.length, expiresAt, stored: false, ...(keep ? { live: message } : {}) };
    this.#window().add(id, sent);
    // Waited for before it goes out: the socket may break over it.
    const fate = this.#wait(sent);
    this.#push(message);
    return fate;
  }

  /** Something was stored that no socket was sent. */
  fallBehind(): void {
    this.#behind = true;
  }

  /** All that is held has been sent. */
  caughtUp(): void {
    this.#behind = false;
    if (!this.isOpen || this.#progress.caughtUp) return;
    this.#note({ ...this.#progress, caughtUp: true });
    this.#transmit({ kind: "caught-up" });
  }

  /**
   * What becomes of a frame that is stored. Waits for the device, up to the deadline; for a slow one or for a frame
   * that this socket was not sent, not at all.
   */
  fate(id: number): Promise<Fate> {
    const sent = this.#inFlight?.get(id);
    if (sent === undefined || this.#progress.slow) return Promise.resolve("missed");
    return this.#wait(sent);
  }

  /**
   * The device has acknowledged a frame, whichever way.
   *
   * @param erased whether a row was there to erase
   * @returns whether this acknowledgement came in time for what its sender is told
   */
  acknowledge(id: number, erased: boolean): boolean {
    const sent = this.#window().get(id);
    const inTime = erased || (sent?.stored === false && sent.settle !== undefined);
    this.#drop(id, inTime ? "acknowledged" : "missed");
    this.#forgiveWhenSettled();
    return inTime;
  }

  /** Tells the device what its acknowledgement did. */
  confirm(results: ErasedFrame["results"]): void {
    this.#transmit({ kind: "erased", results });
  }

  /** Tells the device to ask about something. Not waited for: it is asked about at each connect as well. */
  notice(what: NoticeFrame["what"]): void {
    this.#transmit({ kind: "notice", what });
  }

  /** A frame that was taken back makes room. */
  revoke(id: number): void {
    this.#drop(id, "missed");
  }

  /** What is due waits for no acknowledgement. */
  dropDue(now: number): void {
    for (const id of this.#window().due(now)) this.#drop(id, "missed");
  }

  close({ code, reason }: { code: number; reason: string }, fate: "gone" | "withdrawn" = "gone"): void {
    const socket = this.#socket;
    this.#end(fate);
    try {
      socket?.close(code, reason);
    } catch {
      // It had ended by itself.
    }
  }

  /** The socket has ended by itself. The end of one that was replaced comes late and says nothing. */
  ended(socket: WebSocket): void {
    if (this.is(socket)) this.#end("gone");
  }

  #wait(sent: Sent): Promise<Fate> {
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.#missed(sent), LIVE_DEADLINE);
      sent.settle = (fate) => {
        clearTimeout(deadline);
        delete sent.settle;
        resolve(fate);
      };
    });
  }

  #missed(sent: Sent): void {
    this.#note({ ...this.#progress, slow: true });
    this.#keep("missed");
    sent.settle?.("missed");
  }

  /** Whoever is slow for one is slow for all: what else lives in memory is stored with it, in one transaction. */
  #keep(fate: "missed" | "gone"): void {
    const live = this.#inFlight?.takeLive() ?? [];
    if (live.length === 0) return;
    const stored = this.#rows.hold(live.map(({ message }) => message));
    for (const { sent } of live) {
      sent.stored = stored;
      sent.settle?.(stored ? fate : "unavailable");
    }
  }

  #end(fate: "gone" | "withdrawn"): void {
    // Of a mailbox that was withdrawn nothing may be stored any more.
    if (fate !== "withdrawn") this.#keep(fate);
    const inFlight = this.#inFlight;
    this.#socket = undefined;
    this.#progress = FRESH;
    this.#inFlight = new InFlight();
    for (const { settle } of inFlight?.all() ?? []) settle?.(fate);
  }

  #drop(id: number, fate: Fate): void {
    this.#window().remove(id)?.settle?.(fate);
  }

  #window(): InFlight {
    if (this.#inFlight === undefined) {
      const stored = this.isOpen ? this.#rows.sent(this.sentThrough) : [];
      this.#inFlight = new InFlight();
      for (const { id, ...frame } of stored) this.#inFlight.add(id, { ...frame, stored: true });
    }
    return this.#inFlight;
  }

  /**
   * The device has acknowledged something, if only what had ended before, and nothing unacknowledged is left: it has
   * caught up, and senders wait for it again. That something expires or is taken back proves nothing: a silent device
   * that is sent short-lived texts would cost each of them a deadline.
   */
  #forgiveWhenSettled(): void {
    if (this.#progress.slow && this.#inFlight?.occupied.messages === 0)
      this.#note({ ...this.#progress, slow: false });
  }

  #hasRoom(size: number): boolean {
    return fits(this.#window().occupied, size);
  }

  #push(message: HeldMessage): void {
    this.#note({ ...this.#progress, sentThrough: message.id });
    this.#transmit({ kind: "message", ...message });
  }

  #note(progress: Attachment): void {
    this.#progress = progress;
    this.#socket?.serializeAttachment(progress);
  }

  #transmit(frame: RelayFrame): void {
    try {
      this.#socket?.send(encodeRelayFrame(frame));
    } catch {
      // The socket broke and its close event is still to come.
      this.#end("gone");
    }
  }
}
