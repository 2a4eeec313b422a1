/** Recipients with a socket each: who is there, and who comes to drain a mailbox and goes. */
import { inFlight } from "./in-flight.ts";

/** Sockets that are opened at the same time: recipients don't come all at once. */
const OPENED_AT_ONCE = 32;

export interface Hearing {
  /** A message came; the recipient acknowledges it by itself. */
  arrived(number: number): void;
  /** So many acknowledgements were confirmed. */
  confirmed(count: number): void;
}

export interface OpenSocket {
  close(): Promise<void>;
}

export type OpenRecipient = (mailbox: number, hearing: Hearing) => Promise<OpenSocket>;

export class Recipients {
  readonly #open: OpenRecipient;
  #connected: OpenSocket[] = [];

  constructor(open: OpenRecipient) {
    this.#open = open;
  }

  async connect(mailboxes: number, arrived: (number: number) => void): Promise<void> {
    await inFlight(OPENED_AT_ONCE, Array(mailboxes).keys(), async (mailbox) => {
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
      await drained;
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
  const closed = new Promise<void>((resolve) => socket.addEventListener("close", () => resolve()));
  socket.addEventListener("message", ({ data }) => hear(new Uint8Array(data), socket));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`no socket at ${url}`)));
  });
  return {
    socket,
    close() {
      socket.close();
      return closed;
    },
  };
}
