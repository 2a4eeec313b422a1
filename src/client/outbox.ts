/**
 * Sending. One vault transaction moves the channel on and journals the sealed bytes; only then does anything
 * leave, and every retry sends the same bytes. The recipient knows a double by its tag.
 */
import { randomBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "../protocol/address.ts";
import type { DepositAnswer, RevokedAnswer } from "../protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { type OneTimeKey, oneTimeKeyFromJson } from "../protocol/one-time-key.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import { sealText } from "./channel/sealing.ts";
import { requireConsent } from "./consent.ts";
import { type Contact, getContact } from "./contacts.ts";
import { tendPool } from "./key-pool.ts";
import { dropQueued, enqueue, finishQueued, listQueued, type Outcome, type Queued } from "./queue.ts";
import { isTransient, RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import { getSent, putSent, type Sent } from "./sent.ts";
import type { Session } from "./session.ts";
import { callBearer } from "./transport.ts";

/** Octets of a revocable deposit's key. */
const DEPOSIT_KEY_SIZE = 16;

export interface SendOptions {
  readonly ttlSeconds: number;
  readonly revocable: boolean;
}

export class UnknownContactError extends Error {
  override readonly name = "UnknownContactError";
}

/** The text does not fit the largest envelope. */
export class TextTooLongError extends Error {
  override readonly name = "TextTooLongError";
}

export class Outbox {
  readonly #session: Session;
  /** One text at a time: a second founding to the same person, made while the first waits for its key, would waste one. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether the relay has said, since this vault was opened, that it is not an old copy. */
  #current = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Seals, journals and deposits. Resolves with what is then known; `queued` when the relay can't be reached. */
  send(to: string, text: string, options: SendOptions): Promise<Sent> {
    return this.#alone(async () => {
      const contact = this.#contact(to);
      await this.#ensureCurrent();
      const id = await this.#journal(contact, text, options);
      await this.#flush(contact.address);
      return this.#require(id);
    });
  }

  /** Sends what an earlier run or an unreachable relay left. */
  flush(): Promise<void> {
    return this.#alone(async () => {
      if (listQueued(this.#session.vault).length === 0) return;
      await this.#ensureCurrent();
      await this.#flush();
    });
  }

  /**
   * Takes a revocable text back.
   *
   * @returns its state then: `revoked` with the relay's proof, or `delivered` when the recipient was first
   */
  revoke(id: string): Promise<Sent> {
    return this.#alone(async () => {
      const sent = this.#require(id);
      if (sent.key === undefined) throw new RangeError("id: this text was not sent as revocable");
      if (sent.state === "revoked" || sent.state === "delivered") return sent;
      const contact = this.#contact(sent.to);
      try {
        const { proof } = await this.#call<RevokedAnswer>(contact, "DELETE", sent.key);
        return await this.#settle(id, { state: "revoked", proof });
      } catch (error) {
        if (error instanceof RelayProblem && error.code === "already-delivered")
          return this.#settle(id, { state: "delivered" });
        throw error;
      }
    });
  }

  /** What is known of a text, asking the relay where it can still change. */
  state(id: string): Promise<Sent> {
    return this.#alone(async () => {
      const sent = this.#require(id);
      if (sent.key === undefined || sent.state !== "held") return sent;
      const answer = await this.#call<DepositAnswer>(this.#contact(sent.to), "GET", sent.key);
      return this.#update(id, answer);
    });
  }

  /** Before the first text of this run. Without a network it is asked at the next: a text may be written offline. */
  async #ensureCurrent(): Promise<void> {
    if (this.#current) return;
    requireConsent(this.#session.vault);
    try {
      await tendPool(this.#session);
      this.#current = true;
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
  }

  async #journal(contact: Contact, text: string, options: SendOptions): Promise<string> {
    const first = await this.#seal(contact, text, options);
    if (first !== undefined) return first;
    const claimed = await this.#claimKey(contact);
    const second = await this.#seal(contact, text, options, claimed);
    if (second === undefined) throw new RelayProtocolError("The channel could not be founded.");
    return second;
  }

  /** @returns the text's id, or undefined when a key must be claimed first */
  #seal(contact: Contact, text: string, options: SendOptions, claimed?: OneTimeKey) {
    const { identity, platform, vault } = this.#session;
    return vault.transaction(async (draft) => {
      const now = platform.now();
      const { deliveryToken } = requireConsent(draft);
      const peer = parseAddress(contact.address);
      if (peer === undefined) throw new UnknownContactError("The contact's address is damaged.");
      const sealed = await sealText(draft, identity, peer, text, {
        now,
        ttlSeconds: options.ttlSeconds,
        revocable: options.revocable,
        replyTo: { token: deliveryToken, relay: identity.relay },
        ...(claimed === undefined ? {} : { claimed }),
      });
      if (sealed.outcome === "key-needed") return undefined;
      if (sealed.outcome === "key-refused")
        throw new RelayProtocolError("The relay served a key that is not the recipient's own.");
      if (sealed.outcome === "too-long")
        throw new TextTooLongError("The text does not fit one envelope of 64 KiB.");
      const key = options.revocable ? encodeBase64url(randomBytes(DEPOSIT_KEY_SIZE)) : undefined;
      const last = sealed.envelopes.at(-1)?.ttlSeconds ?? options.ttlSeconds;
      for (const envelope of sealed.envelopes)
        enqueue(draft, {
          textId: sealed.textId,
          to: contact.address,
          envelope: encodeBase64url(envelope.bytes),
          ttlSeconds: envelope.ttlSeconds,
          expires: now + envelope.ttlSeconds * 1000,
          carriesText: envelope.carriesText,
          channelId: encodeBase64url(envelope.channelId),
          position: envelope.position,
          ...(envelope.carriesText && key !== undefined ? { key } : {}),
        });
      putSent(draft, {
        id: sealed.textId,
        to: contact.address,
        sentAt: now,
        expires: now + last * 1000,
        state: "queued",
        ...(key === undefined ? {} : { key }),
      });
      return sealed.textId;
    });
  }

  async #claimKey(contact: Contact): Promise<OneTimeKey> {
    const path = pathOf(ROUTES.keyClaims, { address: contact.address });
    const { platform } = this.#session;
    const json = await callBearer<unknown>(platform, contact.relay, contact.deliveryToken, {
      method: "POST",
      path,
    });
    const key = oneTimeKeyFromJson(json);
    if (key === undefined) throw new RelayProtocolError("The relay's answer holds no key.");
    return key;
  }

  /** In order, and each recipient for itself: one that can't be reached does not hold the others up. */
  async #flush(only?: string): Promise<void> {
    const stuck = new Set<string>();
    for (const [name, queued] of listQueued(this.#session.vault)) {
      if (this.#session.vault.get(name) === undefined) continue;
      if (stuck.has(queued.to) || (only !== undefined && queued.to !== only)) continue;
      const done = await this.#deposit(name, queued);
      if (!done) stuck.add(queued.to);
    }
  }

  /** @returns whether the envelope needs no further try */
  async #deposit(name: string, queued: Queued): Promise<boolean> {
    const { platform } = this.#session;
    const left = Math.floor((queued.expires - platform.now()) / 1000);
    const contact = getContact(this.#session.vault, queued.to);
    const finish = (outcome: Outcome) => this.#finish(name, queued, outcome);
    if (contact === undefined) return finish({ state: "refused", problem: "not-authorized" });
    if (left < 0 || (left === 0 && queued.ttlSeconds > 0)) return finish({ state: "expired" });
    try {
      const answer = await this.#call<DepositAnswer>(contact, queued.key ? "PUT" : "POST", queued.key, {
        octets: decodeBase64url(queued.envelope) ?? new Uint8Array(),
        headers: { ttl: String(left) },
      });
      return await finish(answer);
    } catch (error) {
      // TTL 0 has no later: the device may have it, or not, and asking again would ask for a second showing.
      if (queued.ttlSeconds === 0 && isTransient(error)) return finish({ state: "undecided" });
      if (isTransient(error)) return false;
      const problem = error instanceof RelayProblem ? error.code : undefined;
      return finish({ state: "refused", ...(problem === undefined ? {} : { problem }) });
    }
  }

  async #finish(name: string, queued: Queued, outcome: Outcome): Promise<true> {
    await this.#session.vault.transaction((draft) => finishQueued(draft, name, queued, outcome));
    return true;
  }

  /** The text's fate is known: nothing of it needs to be sent any more. */
  #settle(id: string, change: Outcome): Promise<Sent> {
    return this.#session.vault.transaction((draft) => {
      dropQueued(draft, (queued) => queued.textId === id && queued.carriesText, change);
      return putSent(draft, { ...this.#require(id), ...change });
    });
  }

  #update(id: string, change: Outcome): Promise<Sent> {
    return this.#session.vault.transaction((draft) => putSent(draft, { ...this.#require(id), ...change }));
  }

  #call<Answer>(
    contact: Contact,
    method: "POST" | "PUT" | "GET" | "DELETE",
    key: string | undefined,
    content: { octets?: Uint8Array; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { address } = contact;
    const path =
      key === undefined
        ? pathOf(ROUTES.deposits, { address })
        : pathOf(ROUTES.revocableDeposit, { address, key });
    return callBearer(this.#session.platform, contact.relay, contact.deliveryToken, {
      method,
      path,
      ...content,
    });
  }

  #contact(address: string): Contact {
    const contact = getContact(this.#session.vault, address);
    if (contact === undefined)
      throw new UnknownContactError("No contact has this address. Add their card first.");
    return contact;
  }

  #require(id: string): Sent {
    const sent = getSent(this.#session.vault, id);
    if (sent === undefined) throw new RangeError("id: no text with this id is known here");
    return sent;
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
