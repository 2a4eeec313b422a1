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
import { closeOutgoing, noteDelivered, noteFoundingHeld } from "./channel/outgoing.ts";
import { sealText } from "./channel/sealing.ts";
import { requireConsent } from "./consent.ts";
import { type Contact, getContact } from "./contacts.ts";
import { isTransient, RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import { getSent, putSent, type Sent } from "./sent.ts";
import type { Session } from "./session.ts";
import { callBearer } from "./transport.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft } from "./vault/vault.ts";

const PREFIX = "outbox/";
const COUNTER = "device/outbox-counter";

/** Octets of a revocable deposit's key. */
const DEPOSIT_KEY_SIZE = 16;

/** One sealed envelope that has not been answered for yet. */
interface Pending {
  readonly textId: string;
  readonly to: string;
  readonly envelope: string;
  readonly ttlSeconds: number;
  readonly expires: number;
  /** Whether this envelope carries the text, or only the founding ahead of it. */
  readonly carriesText: boolean;
  /** Base64url. */
  readonly channelId: string;
  /** On its channel; 0 is the founding, without which nothing after it opens. */
  readonly position: number;
  readonly key?: string;
}

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

  constructor(session: Session) {
    this.#session = session;
  }

  /** Seals, journals and deposits. Resolves with what is then known; `queued` when the relay can't be reached. */
  send(to: string, text: string, options: SendOptions): Promise<Sent> {
    return this.#alone(async () => {
      const contact = this.#contact(to);
      const id = await this.#journal(contact, text, options);
      await this.#flush(contact.address);
      return this.#require(id);
    });
  }

  /** Sends what an earlier run or an unreachable relay left. */
  flush(): Promise<void> {
    return this.#alone(() => this.#flush());
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
    for (const [name, pending] of listJson<Pending>(this.#session.vault, PREFIX)) {
      if (this.#session.vault.get(name) === undefined) continue;
      if (stuck.has(pending.to) || (only !== undefined && pending.to !== only)) continue;
      const done = await this.#deposit(name, pending);
      if (!done) stuck.add(pending.to);
    }
  }

  /** @returns whether the envelope needs no further try */
  async #deposit(name: string, pending: Pending): Promise<boolean> {
    const { platform } = this.#session;
    const left = Math.floor((pending.expires - platform.now()) / 1000);
    const contact = getContact(this.#session.vault, pending.to);
    const finish = (change: Partial<Sent>) => this.#finish(name, pending, change);
    if (contact === undefined) return finish({ state: "refused", problem: "not-authorized" });
    if (left < 0 || (left === 0 && pending.ttlSeconds > 0)) return finish({ state: "expired" });
    try {
      const answer = await this.#call<DepositAnswer>(contact, pending.key ? "PUT" : "POST", pending.key, {
        octets: decodeBase64url(pending.envelope) ?? new Uint8Array(),
        headers: { ttl: String(left) },
      });
      return await finish(answer);
    } catch (error) {
      // TTL 0 has no later: the device may have it, or not, and asking again would ask for a second showing.
      if (pending.ttlSeconds === 0 && isTransient(error)) return finish({ state: "undecided" });
      if (isTransient(error)) return false;
      const problem = error instanceof RelayProblem ? error.code : undefined;
      return finish({ state: "refused", ...(problem === undefined ? {} : { problem }) });
    }
  }

  async #finish(name: string, pending: Pending, change: Partial<Sent>): Promise<true> {
    await this.#session.vault.transaction((draft) => {
      draft.delete(name);
      const sent = getSent(draft, pending.textId);
      if (sent && pending.carriesText) putSent(draft, { ...sent, ...change });
      noteOnChannel(draft, pending, change);
    });
    return true;
  }

  /** The text's fate is known: nothing of it needs to be sent any more. */
  #settle(id: string, change: Partial<Sent>): Promise<Sent> {
    return this.#session.vault.transaction((draft) => {
      for (const [name, pending] of listJson<Pending>(draft, PREFIX))
        if (pending.textId === id && pending.carriesText) draft.delete(name);
      return putSent(draft, { ...this.#require(id), ...change });
    });
  }

  #update(id: string, change: Partial<Sent>): Promise<Sent> {
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

/** What a deposit's outcome says of the channel it went on. */
function noteOnChannel(draft: VaultDraft, pending: Pending, change: Partial<Sent>): void {
  const peer = parseAddress(pending.to);
  const channelId = decodeBase64url(pending.channelId);
  if (peer === undefined || channelId === undefined) return;
  if (change.state === "delivered") noteDelivered(draft, peer, channelId, pending.position);
  if (pending.position > 0) return;
  if (change.heldUntil !== undefined) noteFoundingHeld(draft, peer, channelId, change.heldUntil);
  if (change.state === "refused" || change.state === "expired") dropChannel(draft, pending, change);
}

/** The founding never arrived: what was sealed after it would open nowhere, and is not sent. */
function dropChannel(draft: VaultDraft, founding: Pending, change: Partial<Sent>): void {
  closeOutgoing(draft, founding.to);
  for (const [name, pending] of listJson<Pending>(draft, PREFIX)) {
    if (pending.channelId !== founding.channelId) continue;
    draft.delete(name);
    const sent = getSent(draft, pending.textId);
    if (sent && pending.carriesText) putSent(draft, { ...sent, ...change });
  }
}

function enqueue(draft: VaultDraft, pending: Pending): void {
  const count = (getJson<number>(draft, COUNTER) ?? 0) + 1;
  putJson(draft, COUNTER, count);
  putJson(draft, PREFIX + String(count).padStart(16, "0"), pending);
}

export function forgetOutbox(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}
