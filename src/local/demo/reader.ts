/** Somebody who has their app open: an inbox that is read one text at a time. */
import type { Device } from "../../client/device.ts";
import type { IncomingText } from "../../client/inbox.ts";

export class Reader {
  readonly #stop = new AbortController();
  readonly #texts: AsyncGenerator<IncomingText, void, undefined>;
  #next: Promise<IteratorResult<IncomingText, void>>;
  readonly #open: Promise<void>;

  constructor(device: Device) {
    let opened = () => {};
    this.#open = new Promise((resolve) => {
      opened = resolve;
    });
    this.#texts = device.inbox({
      signal: this.#stop.signal,
      onState: (state) => {
        if (state === "open") opened();
      },
    });
    this.#next = this.#texts.next();
  }

  /** Resolves when the line is open. */
  live(): Promise<void> {
    return this.#open;
  }

  async next(): Promise<IncomingText> {
    const { value } = await this.#next;
    if (value === undefined) throw new Error("The inbox has ended.");
    this.#next = this.#texts.next();
    return value;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#next;
  }
}
