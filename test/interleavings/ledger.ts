/** What was written and to whom it should come, and what the apps were handed. */
import type { IncomingText } from "../../src/client/inbox.ts";
import type { Sent } from "../../src/client/sent.ts";

export interface Written {
  readonly body: string;
  /** The device that wrote it. */
  readonly from: string;
  /** Whose words they may be said to be. */
  readonly authors: ReadonlySet<string>;
  /** Its conversation's id, if it is one of three or more. */
  readonly conversation: string | undefined;
  /** The people it concerns, the author's own among them. */
  readonly people: readonly number[];
  /** Devices that belonged to these people then, and ever since; the one that wrote it is none. */
  readonly should: Set<string>;
  /** Devices that may have it: these, those that the writer believed to be theirs, and those linked later. */
  readonly may: Set<string>;
  /** `nothing`: the app was told that nothing was sent. `unknown`: the process died before it was told. */
  told: Sent | "nothing" | "unknown";
  /** Its author began to take it back, and may have died before hearing that it was. */
  revoking: boolean;
  /** It was written on a linked device that has been unlinked since. */
  unlinked: boolean;
}

interface Handed {
  readonly text: string;
  readonly from: string;
  finished: boolean;
  /** That it had it went with its state: another of its owner's devices, put back as well, may pass it on again. */
  forgotten: boolean;
}

export class Ledger {
  readonly written = new Map<string, Written>();
  /** By device, then by the text's id. */
  readonly #handed = new Map<string, Map<string, Handed>>();
  /** Ids that a device had opened and its owner had not done with, when it was lost with the state. */
  readonly #lostUnread = new Set<string>();

  write(text: Written): void {
    this.written.set(text.body, text);
  }

  /** The app is handed a text. @throws when it must not be */
  hand(device: string, { id, from, text }: IncomingText): void {
    const written = this.written.get(text);
    if (written === undefined) throw new Error(`nobody wrote this: ${text}`);
    if (!written.authors.has(from)) throw new Error(`handed as another's: ${text}`);
    const name = nameOf(written);
    if (!written.may.has(device)) throw new Error(`handed to a device it was not for: ${name}`);
    if (written.told === "nothing") throw new Error(`handed, though nothing was sent: ${name}`);
    const known = this.#of(device).get(id);
    if (known?.finished && !known.forgotten)
      throw new Error(`handed again after the app had finished with it: ${name}`);
    for (const [other, handed] of this.#of(device))
      if (other !== id && handed.text === text) throw new Error(`handed under two ids: ${name}`);
    this.#of(device).set(id, { text, from, finished: false, forgotten: false });
  }

  finish(device: string, id: string): void {
    const handed = this.#of(device).get(id);
    if (handed !== undefined) handed.finished = true;
  }

  wasHanded(device: string, body: string): boolean {
    return [...this.#of(device).values()].some(({ text }) => text === body);
  }

  isFinished(device: string, body: string): boolean {
    return [...this.#of(device).values()].some(({ text, finished }) => text === body && finished);
  }

  /** The device's state is an older one now: what is unread there, and what was before. */
  restore(device: string, unread: readonly string[], before: readonly string[]): void {
    for (const id of before) if (!unread.includes(id)) this.#lostUnread.add(`${device} ${id}`);
    for (const handed of this.#of(device).values()) handed.forgotten = true;
    for (const id of unread) {
      const handed = this.#of(device).get(id);
      if (handed !== undefined) handed.finished = false;
    }
  }

  wasLostUnread(device: string, { body, told }: Written): boolean {
    const handed = [...this.#of(device)].find(([, { text }]) => text === body)?.[0];
    const id = handed ?? (typeof told === "object" ? told.id : "");
    return this.#lostUnread.has(`${device} ${id}`);
  }

  #of(device: string): Map<string, Handed> {
    const handed = this.#handed.get(device) ?? new Map<string, Handed>();
    this.#handed.set(device, handed);
    return handed;
  }
}

export function nameOf({ body }: Written): string {
  return body.slice(0, 40);
}
