/**
 * The line: a mailbox socket that comes back. It speaks frames (protocol/frames.ts), pings a quiet connection,
 * and reconnects with jittered backoff unless the relay said not to.
 */
import { CLOSE } from "../protocol/close.ts";
import {
  decodeRelayFrame,
  encodeAcknowledge,
  PING,
  PONG,
  type RelayFrame,
  SUBPROTOCOL,
} from "../protocol/frames.ts";
import { MAX_ACKNOWLEDGED_IDS } from "../protocol/limits.ts";
import { ROUTES } from "../protocol/routes.ts";
import { backoffDelay, pause } from "./backoff.ts";
import { isRelayError } from "./relay-problem.ts";
import type { Session } from "./session.ts";
import { ticketProtocol } from "./transport.ts";

/** A radio network forgets idle connections after 30 s at the earliest. */
const PING_INTERVAL = 25_000;
/** Two missed pongs: the connection is dead, though nobody said so. */
const SILENCE = 60_000;

/** As long as an HTTP answer may take: the ticket holds the nonce queue until the socket is open or is not. */
const CONNECT_TIMEOUT = 20_000;

/** `readyState` of the WebSocket standard; the platform's class may not be a global one. */
const OPEN = 1;
const CLOSED = 3;

/** A connection that lasted this long had nothing wrong with it: the next one may come at once. */
const STEADY = 30_000;

export type LineState =
  | "connecting"
  | "open"
  | "waiting"
  /** For good: another socket of this device took over, or the consent was withdrawn. */
  | "replaced"
  | "withdrawn"
  | "closed";

export interface LineEvents {
  frame(frame: RelayFrame): void;
  /** The socket is gone: frames without an answer will not get one on it. */
  state(state: LineState): void;
  /** Asked after each failed attempt: whether there is still a consent to connect under. */
  mayReconnect(): Promise<boolean>;
  /** The device itself can't go on, e.g. its vault can't be written: the line has ended. */
  failed(error: unknown): void;
}

export class Line {
  readonly #session: Session;
  readonly #events: LineEvents;
  readonly #stop = new AbortController();
  #socket: WebSocket | undefined;
  #running: Promise<void> | undefined;
  /** Ends the present socket without waiting for the other side to say so. */
  #abandon: () => void = () => undefined;

  constructor(session: Session, events: LineEvents) {
    this.#session = session;
    this.#events = events;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Closes the socket and waits until nothing more will happen. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#abandon();
    await this.#running;
  }

  /** Gives up the present socket and connects anew: what was not acknowledged is then pushed again. */
  reconnect(): void {
    this.#abandon();
  }

  /** @returns false when there is no open socket: what was not acknowledged will be pushed again. */
  acknowledge(ids: readonly number[]): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    for (let at = 0; at < ids.length; at += MAX_ACKNOWLEDGED_IDS)
      this.#socket.send(new Uint8Array(encodeAcknowledge(ids.slice(at, at + MAX_ACKNOWLEDGED_IDS))));
    return true;
  }

  async #run(): Promise<void> {
    try {
      this.#events.state(await this.#stayConnected());
    } catch (error) {
      this.#events.state("closed");
      this.#events.failed(error);
    }
  }

  /** @returns why it ended for good */
  async #stayConnected(): Promise<LineState> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      this.#events.state("connecting");
      const began = this.#session.platform.now();
      const { code, opened } = await this.#connect().catch((error) => {
        if (!isRelayError(error)) throw error;
        return { code: 1006, opened: false };
      });
      if (code === CLOSE.replaced.code) return "replaced";
      if (code === CLOSE.withdrawn.code) return "withdrawn";
      if (this.#stop.signal.aborted) break;
      // A relay that accepts and closes at once would otherwise be asked again without pause.
      const steady = opened && this.#session.platform.now() - began >= STEADY;
      failures = steady ? 1 : failures + 1;
      this.#events.state("waiting");
      if (!opened && !(await this.#events.mayReconnect())) return "withdrawn";
      await pause(backoffDelay(failures, Math.random()), this.#stop.signal);
    }
    return "closed";
  }

  /** One socket from ticket to end. A nonce may be spent only in order, so the ticket's use is awaited. */
  async #connect(): Promise<{ code: number; opened: boolean }> {
    const session = this.#session;
    let ended: Promise<{ code: number; opened: boolean }> | undefined;
    await session.withNonce(
      (nonce) =>
        new Promise<void>((settled) => {
          const url = session.identity.relay.replace(/^http/, "ws") + ROUTES.socket;
          const socket = new session.platform.WebSocket(url, [
            SUBPROTOCOL,
            ticketProtocol(session.platform, session.identity, nonce),
          ]);
          ended = this.#serve(socket, settled);
        }),
    );
    return ended ?? { code: 1006, opened: false };
  }

  #serve(socket: WebSocket, settled: () => void): Promise<{ code: number; opened: boolean }> {
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let opened = false;
    let heard = this.#session.platform.now();
    // A dead connection's close event can take minutes: the socket is given up without waiting for it.
    const connecting = setTimeout(() => this.#abandon(), CONNECT_TIMEOUT);
    const ping = setInterval(() => {
      if (this.#session.platform.now() - heard > SILENCE) this.#abandon();
      else if (socket.readyState === OPEN) socket.send(PING);
    }, PING_INTERVAL);
    return new Promise((resolve) => {
      const end = (code: number) => {
        clearInterval(ping);
        clearTimeout(connecting);
        if (this.#socket === socket) this.#socket = undefined;
        settled();
        resolve({ code, opened });
      };
      this.#abandon = () => {
        socket.close(1000);
        end(1006);
      };
      socket.addEventListener("open", () => {
        clearTimeout(connecting);
        opened = true;
        settled();
        this.#events.state("open");
      });
      socket.addEventListener("message", ({ data }) => {
        if (this.#socket !== socket) return;
        heard = this.#session.platform.now();
        if (data === PONG) return;
        const frame = data instanceof ArrayBuffer ? decodeRelayFrame(new Uint8Array(data)) : undefined;
        // A frame that is not the protocol's: take no more from this relay on this connection.
        if (frame === undefined) this.#abandon();
        else this.#events.frame(frame);
      });
      socket.addEventListener("close", ({ code }) => end(code));
      socket.addEventListener("error", () => {
        if (socket.readyState === CLOSED) end(1006);
      });
      if (this.#stop.signal.aborted) this.#abandon();
    });
  }
}
