/** What a true relay keeps and does, in memory and without proofs: the part of {@link LyingRelay} that lies nowhere. */
import { randomBytes } from "node:crypto";
import type {
  DepositAnswer,
  ErasedAnswer,
  MailboxAnswer,
  MessagesAnswer,
} from "../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";
import { formatDeliveryToken } from "../../src/protocol/delivery-token.ts";
import { keyId, type OneTimeKeyJson } from "../../src/protocol/one-time-key.ts";

export interface Held {
  readonly id: number;
  readonly body: Uint8Array;
  readonly heldUntil: number;
  /** Of a revocable deposit. */
  readonly key: string | undefined;
}

interface Mailbox {
  token: string;
  nonce: number;
  keys: OneTimeKeyJson[];
  held: Held[];
  /** By key: how a revocable deposit ended. */
  marks: Map<string, "delivered" | "revoked">;
}

export interface Deposit {
  readonly envelope: Uint8Array;
  readonly ttlSeconds: number;
  readonly key: string | undefined;
}

export class Mailboxes {
  #boxes = new Map<string, Mailbox>();
  #lastId = 0;

  /** A copy of everything, for {@link restore}. */
  snapshot(): unknown {
    return structuredClone({ boxes: this.#boxes, lastId: this.#lastId });
  }

  restore(snapshot: unknown): void {
    const { boxes, lastId } = structuredClone(snapshot) as { boxes: Map<string, Mailbox>; lastId: number };
    this.#boxes = boxes;
    this.#lastId = lastId;
  }

  /** @returns the delivery token */
  open(address: string): string {
    const parts = { rootVersion: 1, epoch: randomBytes(16), mac: randomBytes(32) };
    const token = this.#boxes.get(address)?.token ?? formatDeliveryToken(parts);
    const fresh = { token, nonce: 0, keys: [], held: [], marks: new Map() };
    this.#boxes.set(address, this.#boxes.get(address) ?? fresh);
    return token;
  }

  /** @returns the delivery token that takes the place of the one before */
  rotate(address: string): string {
    const parts = { rootVersion: 1, epoch: randomBytes(16), mac: randomBytes(32) };
    this.#box(address).token = formatDeliveryToken(parts);
    return this.#box(address).token;
  }

  opens(address: string, token: string): boolean {
    return this.#boxes.get(address)?.token === token;
  }

  has(address: string): boolean {
    return this.#boxes.has(address);
  }

  /** Whether it is greater than any before; then it is used up. */
  useNonce(address: string, nonce: number): boolean {
    const box = this.#box(address);
    if (nonce <= box.nonce) return false;
    box.nonce = nonce;
    return true;
  }

  status(address: string): MailboxAnswer {
    const { held, keys, nonce } = this.#box(address);
    return {
      messages: held.length,
      bytes: held.reduce((sum, { body }) => sum + body.length, 0),
      oldest: null,
      oneTimeKeys: keys.filter(({ lastResort }) => !lastResort).length,
      lastResortKey: keys.some(({ lastResort }) => lastResort),
      claims: { today: 0, limit: 1000, reachedAt: null },
      nonce,
      notice: { agreed: 1, current: 1, suspended: false },
      routeClaim: null,
    };
  }

  /** @returns ids of the keys that nobody had claimed */
  replaceKeys(address: string, keys: OneTimeKeyJson[]): string[] {
    const box = this.#box(address);
    const unclaimed = box.keys.filter(({ lastResort }) => !lastResort);
    box.keys = keys;
    return unclaimed.map(({ publicKey }) =>
      encodeBase64url(keyId(decodeBase64url(publicKey) ?? new Uint8Array())),
    );
  }

  keys(address: string): readonly OneTimeKeyJson[] {
    return this.#box(address).keys;
  }

  claim(address: string): OneTimeKeyJson | "no-one-time-key" {
    const box = this.#box(address);
    const key = box.keys.find(({ lastResort }) => !lastResort) ?? box.keys[0];
    if (key?.lastResort === false) box.keys = box.keys.filter((other) => other !== key);
    return key ?? "no-one-time-key";
  }

  deposit(address: string, { envelope, ttlSeconds, key }: Deposit, now: number): DepositAnswer {
    const box = this.#box(address);
    const known = key === undefined ? "no-deposit" : this.state(address, key);
    if (known !== "no-deposit") return known;
    if (ttlSeconds === 0) return { state: "expired" };
    const heldUntil = now + ttlSeconds * 1000;
    box.held.push({ id: ++this.#lastId, body: envelope.slice(), heldUntil, key });
    return { state: "held", heldUntil };
  }

  state(address: string, key: string): DepositAnswer | "no-deposit" {
    const { marks, held } = this.#box(address);
    const ended = marks.get(key);
    if (ended !== undefined) return { state: ended };
    const waiting = held.find((message) => message.key === key);
    return waiting === undefined ? "no-deposit" : { state: "held", heldUntil: waiting.heldUntil };
  }

  revoke(address: string, key: string): "revoked" | "already-delivered" {
    const box = this.#box(address);
    if (box.marks.get(key) === "delivered") return "already-delivered";
    box.held = box.held.filter((message) => message.key !== key);
    box.marks.set(key, "revoked");
    return "revoked";
  }

  /** Everything held for a device, oldest first. */
  held(address: string): readonly Held[] {
    return this.#box(address).held;
  }

  /** Puts an envelope in, as nobody deposited it. */
  put(address: string, held: Held): void {
    this.#box(address).held.push(held);
  }

  pull(address: string, now: number, limit = 100): MessagesAnswer {
    const due = this.#box(address).held.filter(({ heldUntil }) => heldUntil > now);
    return { messages: due.slice(0, limit).map(toJson), more: due.length > limit };
  }

  erase(address: string, ids: readonly number[]): ErasedAnswer {
    const box = this.#box(address);
    const gone = box.held.filter(({ id }) => ids.includes(id));
    box.held = box.held.filter(({ id }) => !ids.includes(id));
    for (const { key } of gone) if (key !== undefined) box.marks.set(key, "delivered");
    return { erased: gone.map(({ id }) => id) };
  }

  #box(address: string): Mailbox {
    const box = this.#boxes.get(address);
    if (box === undefined) throw new Error(`no mailbox: ${address}`);
    return box;
  }
}

/** As a pull shows it. */
export function toJson({ id, body, heldUntil, key }: Held): MessagesAnswer["messages"][number] {
  return { id, body: encodeBase64url(body), heldUntil, revocable: key !== undefined };
}
