/**
 * The live line: the one socket of the device, and how far it has got. The newest socket wins.
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
import { isDue } from "./expiry.ts";
import { fits } from "./window.ts";

/**
 * What became of a frame whose sender waits. `missed`: not acknowledged by the deadline, or too late for its
 * time. `gone`: the socket ended. `withdrawn`: the mailbox did.
 */
export type Fate = "acknowledged" | "missed" | "gone" | "withdrawn";

/** Survives hibernation with the socket. */
interface Attachment {
  /** The greatest id sent on this socket. */
  sentThrough: number;
  /** Whether `caught-up` was sent: once a socket. */
  caughtUp: boolean;
  /** It missed a deadline and has not acknowledged everything since: no sender waits for it. */
  slow: boolean;
}

interface Sent {
  readonly size: number;
  readonly expiresAt: number;
  /** It lives in memory only: no row will tell whether it was acknowledged. */
  readonly unstored: boolean;
  settle?: (fate: Fate) => void;
}

export interface StoredFrame {
  readonly id: number;
  readonly size: number;
  readonly expiresAt: number;
}

const FRESH: Attachment = { sentThrough: 0, caughtUp: false, slow: false };

export class Line {
  readonly #context: DurableObjectState;
  readonly #storedThrough: (sentThrough: number) => StoredFrame[];
  #socket: WebSocket | undefined;
  #progress = FRESH;
  /** Whether held messages may wait that this socket was not sent; after waking that is not known. */
  #behind = true;
  /** By id, in the order sent. Undefined after waking, until it is first needed. */
  #unacknowledged: Map<number, Sent> | undefined;

  /** @param storedThrough reads what is stored, unacknowledged, and has an id up to the one given */
  constructor(context: DurableObjectState, storedThrough: (sentThrough: number) => StoredFrame[]) {
    this.#context = context;
    this.#storedThrough = storedThrough;
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

  is(socket: WebSocket): boolean {
    return socket === this.#socket;
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
    this.#unacknowledged = new Map();
    this.#behind = true;
    this.#note(FRESH);
  }

  /** @returns false when the window has no room for it: it waits, and so does all that comes after it */
  send(message: HeldMessage, unstored = false): boolean {
    const { id, heldUntil, body } = message;
    if (!this.isOpen || !this.#hasRoom(body.length)) {
      this.#behind = true;
      return false;
    }
    // What lives in memory alone stays until it is acknowledged: else a silent device would never be slow.
    const expiresAt = unstored ? Number.POSITIVE_INFINITY : heldUntil;
    this.#window().set(id, { size: body.length, expiresAt, unstored });
    this.#note({ ...this.#progress, sentThrough: id });
    this.#transmit({ kind: "message", ...message });
    return this.isOpen;
  }

  /** All that is held has been sent. */
  caughtUp(): void {
    this.#behind = false;
    if (!this.isOpen || this.#progress.caughtUp) return;
    this.#note({ ...this.#progress, caughtUp: true });
    this.#transmit({ kind: "caught-up" });
  }

  /**
   * What becomes of a frame. Waits for the device, up to the deadline; for a slow one or for a frame that this
   * socket was not sent, not at all.
   */
  fate(id: number): Promise<Fate> {
    const sent = this.#unacknowledged?.get(id);
    if (sent === undefined || this.#progress.slow) return Promise.resolve("missed");
    return new Promise((resolve) => {
      const deadline = setTimeout(() => {
        delete sent.settle;
        this.#note({ ...this.#progress, slow: true });
        resolve("missed");
      }, LIVE_DEADLINE);
      sent.settle = (fate) => {
        clearTimeout(deadline);
        resolve(fate);
      };
    });
  }

  /**
   * The device has acknowledged a frame, whichever way.
   *
   * @param erased whether a row was there to erase
   * @returns whether this acknowledgement came in time for what its sender is told
   */
  acknowledge(id: number, erased: boolean): boolean {
    const sent = this.#window().get(id);
    const inTime = erased || (sent?.unstored === true && sent.settle !== undefined);
    this.#drop(id, inTime ? "acknowledged" : "missed");
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
    this.#window();
    this.#drop(id, "missed");
  }

  /** What is due waits for no acknowledgement. */
  dropDue(now: number): void {
    for (const [id, { expiresAt }] of this.#window()) if (isDue(expiresAt, now)) this.#drop(id, "missed");
  }

  close({ code, reason }: { code: number; reason: string }, fate: Fate = "gone"): void {
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

  #end(fate: Fate): void {
    const unacknowledged = this.#unacknowledged;
    this.#socket = undefined;
    this.#progress = FRESH;
    this.#unacknowledged = new Map();
    for (const { settle } of unacknowledged?.values() ?? []) settle?.(fate);
  }

  #drop(id: number, fate: Fate): void {
    const unacknowledged = this.#window();
    const sent = unacknowledged.get(id);
    if (sent === undefined) return;
    unacknowledged.delete(id);
    this.#forgiveWhenSettled();
    sent.settle?.(fate);
  }

  #window(): Map<number, Sent> {
    if (this.#unacknowledged === undefined) {
      const stored = this.isOpen ? this.#storedThrough(this.sentThrough) : [];
      this.#unacknowledged = new Map(
        stored.map(({ id, size, expiresAt }) => [id, { size, expiresAt, unstored: false }]),
      );
      this.#forgiveWhenSettled();
    }
    return this.#unacknowledged;
  }

  /** Nothing unacknowledged is left: it has caught up, and senders wait for it again. */
  #forgiveWhenSettled(): void {
    if (this.#unacknowledged?.size === 0 && this.#progress.slow)
      this.#note({ ...this.#progress, slow: false });
  }

  #hasRoom(size: number): boolean {
    const sent = this.#window();
    let bytes = 0;
    for (const frame of sent.values()) bytes += frame.size;
    return fits({ messages: sent.size, bytes }, size);
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
