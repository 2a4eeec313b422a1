/**
 * Hears of every way out of this process, below all that Node has on top: whatever opens a connection, asks for a name,
 * makes a socket for datagrams, or starts a program or a thread, which this would not hear, makes one of these. A test's
 * own server hears only of what is addressed to it.
 */
import { createHook } from "node:async_hooks";

const WAYS_OUT: ReadonlySet<string> = new Set([
  "TCPCONNECTWRAP",
  "PIPECONNECTWRAP",
  "UDPWRAP",
  "GETADDRINFOREQWRAP",
  "GETNAMEINFOREQWRAP",
  "QUERYWRAP",
  "PROCESSWRAP",
  "WORKER",
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
