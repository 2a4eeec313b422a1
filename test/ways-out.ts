/**
 * Hears of every way out of this process, below all that Node has on top: whatever opens a connection, asks for a name,
 * sends a datagram or starts a program makes one of these. So does what a test's own server never hears of.
 */
import { createHook } from "node:async_hooks";

const WAYS_OUT: ReadonlySet<string> = new Set([
  "TCPCONNECTWRAP",
  "PIPECONNECTWRAP",
  "UDPSENDWRAP",
  "GETADDRINFOREQWRAP",
  "GETNAMEINFOREQWRAP",
  "QUERYWRAP",
  "PROCESSWRAP",
]);

/** What Node notes on it, after it was made. */
interface Way {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

export class WaysOut {
  #heard: [kind: string, way: Way][] = [];
  readonly #hook = createHook({
    init: (_id, kind, _trigger, way: Way) => {
      if (WAYS_OUT.has(kind)) this.#heard.push([kind, way]);
    },
  });

  static hear(): WaysOut {
    const ear = new WaysOut();
    ear.#hook.enable();
    return ear;
  }

  /** Those since the last time, as `TCPCONNECTWRAP 127.0.0.1:443`. */
  take(): string[] {
    const heard = this.#heard;
    this.#heard = [];
    return heard.map(([kind, { address, hostname, port }]) => {
      const to = address ?? hostname ?? "";
      return `${kind} ${port === undefined ? to : `${to}:${port}`}`;
    });
  }

  stop(): void {
    this.#hook.disable();
  }
}
