/** The relay, and what can happen to envelopes that it has taken. What is lost there is remembered. */
import type { ErasedAnswer } from "../../src/protocol/answers.ts";
import type { Held } from "../lying/mailboxes.ts";
import { type Lie, LyingRelay } from "../lying/relay.ts";
import { tagOf } from "./sealed-once.ts";

/** Copies that come a second time, under ids that no deposit has. */
const FIRST_COPY = 1_000_000;

export class Post {
  readonly relay = new LyingRelay();
  /** Tags of envelopes that ended at the relay, unread: dropped or expired. */
  readonly lost = new Set<string>();
  /** Ids of revocable deposits, and of those that were acknowledged. */
  readonly #revocable = new Set<number>();
  readonly #acknowledged = new Set<number>();
  readonly #late: { address: string; held: Held }[] = [];
  #copies = FIRST_COPY;

  constructor(deposited: (envelope: Uint8Array) => void) {
    const { lies } = this.relay;
    lies.deposit = (call, honest) => {
      deposited(call.octets);
      return this.#unlessExpired(honest());
    };
    lies.state = (_, honest) => this.#unlessExpired(honest());
    lies.erase = (call, honest) => {
      for (const { id, key } of this.held(call.address)) if (key !== undefined) this.#revocable.add(id);
      const { ids } = JSON.parse(new TextDecoder().decode(call.octets)) as ErasedAnswer & { ids: number[] };
      const { erased } = honest() as ErasedAnswer;
      // As docs/protocol.md has it: a revocable one that was acknowledged before is said to be erased again.
      const before = ids.filter((id) => this.#acknowledged.has(id));
      for (const id of erased) if (this.#revocable.has(id)) this.#acknowledged.add(id);
      return { erased: [...new Set([...erased, ...before])] };
    };
  }

  get now(): number {
    return this.relay.now;
  }

  /** Moves everybody's clock. */
  pass(milliseconds: number, addresses: readonly string[]): void {
    this.relay.now += milliseconds;
    for (const address of addresses)
      for (const { heldUntil, body } of this.held(address))
        if (heldUntil <= this.now) this.lost.add(tagOf(body));
    for (const { held } of this.#late) if (held.heldUntil <= this.now) this.lost.add(tagOf(held.body));
  }

  held(address: string): readonly Held[] {
    return this.relay.mailboxes.held(address);
  }

  /** Whether a pull would bring something. */
  isWaiting(address: string): boolean {
    return this.held(address).some(({ heldUntil }) => heldUntil > this.now);
  }

  drop(address: string, which: number): void {
    const gone = this.#take(address, which);
    if (gone !== undefined) this.lost.add(tagOf(gone.body));
  }

  /** It comes after others that were deposited later. */
  delay(address: string, which: number): void {
    const held = this.#take(address, which);
    if (held !== undefined) this.#late.push({ address, held });
  }

  /** What was delayed is there. */
  catchUp(): void {
    for (const { address, held } of this.#late.splice(0)) this.#put(address, held);
  }

  repeat(address: string, which: number): void {
    const held = this.held(address).at(which % Math.max(1, this.held(address).length));
    if (held !== undefined) this.#put(address, { ...held, id: ++this.#copies });
  }

  reverse(address: string): void {
    this.#queue(address).reverse();
  }

  /** The sender was first, or the time is over: no true relay hands it out. */
  #put(address: string, held: Held): void {
    const state = held.key === undefined ? undefined : this.relay.mailboxes.state(address, held.key);
    if (typeof state === "object" && state.state === "revoked") return;
    this.relay.mailboxes.put(address, held);
  }

  #take(address: string, which: number): Held | undefined {
    const queue = this.#queue(address);
    return queue.splice(which % Math.max(1, queue.length), 1).at(0);
  }

  /** In place: to take it out by an acknowledgement would mark a revocable one as delivered. */
  #queue(address: string): Held[] {
    return this.held(address) as Held[];
  }

  #unlessExpired(answer: ReturnType<Lie>): unknown {
    const { heldUntil } = (typeof answer === "object" && answer !== null ? answer : {}) as Partial<Held>;
    return heldUntil !== undefined && heldUntil <= this.now ? { state: "expired" } : answer;
  }
}
