/** Recipients with a socket each: who is there, and who comes to drain a mailbox and goes. */
import { inFlight } from "./in-flight.ts";
import { within } from "./patience.ts";

/** Ends what hangs, ms. */
const PATIENCE = 20_000;

/** Sockets that are opened at the same time: recipients don't come all at once. */
const OPENED_AT_ONCE = 32;

export interface Hearing {
  /** A message came; the recipient acknowledges it by itself. */
  arrived(number: number): void;
  /** So many acknowledgements were confirmed. */
  confirmed(count: number): void;
}

export interface OpenSocket {
  /** Rejects when the socket ends without having been asked to, never resolves. */
  readonly broken: Promise<never>;
  close(): Promise<void>;
}

export type OpenRecipient = (mailbox: number, hearing: Hearing) => Promise<OpenSocket>;

export class Recipients {
  readonly #open: OpenRecipient;
  #connected: OpenSocket[] = [];

  constructor(open: OpenRecipient) {
    this.#open = open;
  }

  /** Of the first so many those that are not there yet. */
  async connect(mailboxes: number, arrived: (number: number) => void): Promise<void> {
    const coming = [...Array(mailboxes).keys()].slice(this.#connected.length);
    await inFlight(OPENED_AT_ONCE, coming, async (mailbox) => {
      this.#connected.push(await this.#open(mailbox, { arrived, confirmed: () => undefined }));
    });
  }

  async disconnect(): Promise<void> {
    const connected = this.#connected;
    this.#connected = [];
    await Promise.all(connected.map((socket) => socket.close()));
  }

  async drain(counts: readonly number[]): Promise<void> {
    const waiting = [...counts.entries()].filter(([, count]) => count > 0);
    await inFlight(OPENED_AT_ONCE, waiting, async ([mailbox, count]) => {
      let left = count;
      const { promise: drained, resolve } = Promise.withResolvers<void>();
      const confirmed = (some: number) => {
        left -= some;
        if (left <= 0) resolve();
      };
      const socket = await this.#open(mailbox, { arrived: () => undefined, confirmed });
      await Promise.race([drained, socket.broken]);
      await socket.close();
    });
  }
}

/** An open WebSocket whose binary messages go to `hear`. */
export async function openSocket(
  url: string,
  protocols: string[],
  hear: (data: Uint8Array, socket: WebSocket) => void,
): Promise<OpenSocket & { socket: WebSocket }> {
  const socket = new WebSocket(url, protocols);
  socket.binaryType = "arraybuffer";
  let isWanted = true;
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  const broken = new Promise<never>((_, reject) => {
    socket.addEventListener("close", ({ code, reason }) => {
      if (isWanted) reject(new Error(`the socket was closed: ${code} ${reason}`));
    });
  });
  // Whoever is interested awaits it; to the others it is no unhandled rejection.
  broken.catch(() => undefined);
  socket.addEventListener("message", ({ data }) => hear(new Uint8Array(data), socket));
  const opened = new Promise<void>((resolve) => socket.addEventListener("open", () => resolve()));
  await within(PATIENCE, `opening a socket at ${url}`, Promise.race([opened, broken]));
  return {
    ...{ socket, broken },
    close() {
      isWanted = false;
      socket.close();
      return within(PATIENCE, `closing a socket at ${url}`, closed);
    },
  };
}
