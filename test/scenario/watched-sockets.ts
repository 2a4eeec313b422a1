/** Deposit sockets of one device, watched, and cut where a test wants it. */

import type { Platform } from "../../src/client/transport.ts";
import { decodeDeposits, type NumberedDeposit } from "../../src/protocol/deposit-frames.ts";

/** What becomes of a frame: sent, sent with its answers lost, or lost itself; the socket ends with either. */
type Cut = "pass" | "after" | "before";

export class WatchedSockets {
  /** Frames of deposits, each as it was sent. */
  readonly frames: NumberedDeposit[][] = [];
  /** Deposits over HTTP: their addresses. */
  readonly posts: string[] = [];
  opened = 0;
  /** Asked for each frame. */
  cut: (frame: NumberedDeposit[]) => Cut = () => "pass";
  /** Waited for before each frame is sent. */
  before: (frame: NumberedDeposit[]) => Promise<void> | undefined = () => undefined;
  /** Waited for before each deposit over HTTP. */
  beforePost: () => Promise<void> | undefined = () => undefined;
  /** Where deposit sockets are looked for: elsewhere there is none. */
  path = "/v1/deposits";
  /** Whether a network is there at all: a socket that is open breaks when it is used. */
  online = true;

  readonly platform: Pick<Platform, "fetch" | "WebSocket">;

  constructor() {
    const watched = this;
    this.platform = {
      fetch: async (input, init) => {
        if (!this.online) throw new TypeError("no network");
        const [, to] = /\/mailboxes\/([^/]+)\/messages/.exec(String(input)) ?? [];
        if (to !== undefined && init?.method !== "GET") {
          this.posts.push(to);
          await this.beforePost();
        }
        return fetch(input, init);
      },
      WebSocket: class extends WebSocket {
        readonly #isDeposits: boolean;
        #lost = false;

        constructor(url: string | URL, protocols?: string | string[]) {
          if (!watched.online) throw new TypeError("no network");
          super(String(url).replace("/v1/deposits", watched.path), protocols);
          this.#isDeposits = String(url).endsWith("/v1/deposits");
          if (!this.#isDeposits) return;
          this.addEventListener("open", () => watched.opened++);
          // First of all listeners: what is lost, nobody else hears.
          this.addEventListener("message", (event) => {
            if (!this.#lost) return;
            event.stopImmediatePropagation();
            this.close();
          });
        }

        override send(data: Parameters<WebSocket["send"]>[0]): void {
          if (!this.#isDeposits) super.send(data);
          else if (!watched.online) this.close();
          else void this.#sendFrame(new Uint8Array(data as ArrayBuffer));
        }

        async #sendFrame(octets: Uint8Array<ArrayBuffer>): Promise<void> {
          const items = decodeDeposits(octets);
          const frame = typeof items === "string" ? [] : items;
          watched.frames.push(frame);
          await watched.before(frame);
          const cut = watched.cut(frame);
          this.#lost = cut === "after";
          if (cut === "before") this.close();
          else super.send(octets);
        }
      },
    };
  }

  /** Forgets what was seen so far. */
  clear(): void {
    this.frames.length = 0;
    this.posts.length = 0;
  }

  /** How many deposits each frame had. */
  get sizes(): number[] {
    return this.frames.map(({ length }) => length);
  }
}
