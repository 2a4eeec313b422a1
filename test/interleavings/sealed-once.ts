/**
 * The instrument: watches what devices write into their vaults, and fails as soon as a key is used twice. Observed,
 * over all devices and all that was ever sealed, also what never left:
 *
 * - No two envelopes have the same octets 1–17. A message's tag and its key come out of one HKDF step, so that a key
 *   which seals a second message shows as a tag with other octets behind it.
 * - No two envelopes have the same nonce.
 * - A founding's encapsulated secret and its key's id come once; the id of a last-resort key may come again.
 * - A chain's key never goes back: what is kept for a channel only moves to later positions.
 * - What opens (a message's key, the private half of a one-time key) is put into a vault once, and never after it went.
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import { decodeMessage } from "../../src/client/channel/content.ts";
import type { Queued } from "../../src/client/queue.ts";
import type { Change } from "../../src/client/vault/change.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";

const TAG = [1, 17] as const;
/** Where docs/channels.md puts them: in a founding, and in every other envelope. */
const ENCAPSULATED = [17, 1137] as const;
const FOUNDING_NONCE = [1351, 1375] as const;
const NONCE = [17, 41] as const;

/** In place of the chain key of a channel that is sealed on no more. */
const CLOSED = /^0+$/;

export interface Sealed {
  readonly tag: string;
  readonly from: string;
  readonly to: string;
  readonly channelId: string;
  readonly position: number;
  /** The text of which it is a piece, or a copy for the owner's other devices. */
  readonly textId: string | undefined;
  readonly isCopy: boolean;
  /** What it carries that is no text: `own-state`, `bare`… */
  readonly errand: string | undefined;
  readonly introduces: string | undefined;
}

interface ErrandJson {
  readonly content: string;
}

export function tagOf(envelope: Uint8Array): string {
  return bytesToHex(envelope.slice(...TAG));
}

export class SealedOnce {
  /** By tag, and for foundings by key id. */
  readonly #envelopes = new Map<string, string>();
  readonly #once = new Set<string>();
  readonly #lastResort = new Set<string>();
  readonly #chains = new Map<string, { next: number; key: string }>();
  readonly #errands = new Map<string, { kind: string; textId: string | undefined }>();
  readonly sealed: Sealed[] = [];
  /** What was seen that must not be. It is thrown as well, but who seals may be dying just then. */
  readonly broken: string[] = [];

  /** A change of this device's vault became durable. */
  committed(device: string, change: Change): void {
    for (const [name, value] of change) {
      if (value === undefined) continue;
      if (name.startsWith("errand/")) this.#noteErrand(`${device} ${name}`, json(value));
      if (name.startsWith("outbox/")) this.#seal(device, json(value));
      if (name.startsWith("channel/out/")) this.#moveOn(`${device} ${name}`, value);
      if (name.startsWith("tag/")) this.#take(`${device} ${name}`);
      if (name.startsWith("key/")) this.#noteKey(device, name, value);
    }
  }

  /** What reaches a relay is what was sealed, and nothing under its tag is anything else. */
  deposited(envelope: Uint8Array): void {
    const known = this.#envelopes.get(this.#nameOf(envelope));
    if (known !== bytesToHex(envelope))
      this.#break(`an envelope left that no vault had journaled: ${tagOf(envelope)}`);
  }

  #seal(from: string, queued: Queued): void {
    const errand = this.#errands.get(`${from} ${queued.errand}`);
    const envelope = decodeBase64url(queued.envelope) ?? new Uint8Array();
    const isFounding = queued.position === 0;
    const octets = (range: readonly [number, number]) => bytesToHex(envelope.slice(...range));
    this.#envelopes.set(this.#nameOf(envelope), bytesToHex(envelope));
    const tag = tagOf(envelope);
    if (!this.#lastResort.has(tag)) this.#take(`envelope ${tag}`);
    if (isFounding) this.#take(`encapsulated ${octets(ENCAPSULATED)}`);
    this.#take(`nonce ${octets(isFounding ? FOUNDING_NONCE : NONCE)}`);
    this.sealed.push({
      tag,
      from,
      to: queued.to,
      channelId: queued.channelId,
      position: queued.position,
      textId: queued.piece?.textId ?? errand?.textId,
      isCopy: queued.piece === undefined && errand?.textId !== undefined,
      errand: errand?.kind,
      introduces: queued.introduces,
    });
  }

  #moveOn(name: string, value: Uint8Array): void {
    const view = new DataView(value.buffer, value.byteOffset);
    const channel = `${name} ${bytesToHex(value.slice(9, 41))}`;
    const now = { next: view.getUint16(73), key: bytesToHex(value.slice(41, 73)) };
    const known = this.#chains.get(channel);
    this.#chains.set(channel, now);
    if (known === undefined || CLOSED.test(now.key)) return;
    if (CLOSED.test(known.key)) this.#break(`a closed channel was opened again: ${channel}`);
    if (now.next < known.next) this.#break(`a chain went back to ${now.next}: ${channel}`);
    if ((now.next === known.next) !== (now.key === known.key))
      this.#break(`a chain key and its position do not move together: ${channel}`);
  }

  #noteKey(device: string, name: string, value: Uint8Array): void {
    this.#take(`${device} ${name}`);
    const id = decodeBase64url(name.slice("key/".length));
    if (value[0] === 1 && id !== undefined) this.#lastResort.add(bytesToHex(id));
  }

  #noteErrand(name: string, { content }: ErrandJson): void {
    const message = decodeMessage(decodeBase64url(content) ?? new Uint8Array());
    if (message === undefined) throw new Error("an errand that does not decode");
    const { content: said } = message;
    const textId = said.kind === "text" || said.kind === "part" ? encodeBase64url(said.id) : undefined;
    this.#errands.set(name, { kind: said.kind, textId });
  }

  /** A last-resort key's id says less than its founding: that one goes by its encapsulated secret. */
  #nameOf(envelope: Uint8Array): string {
    const tag = tagOf(envelope);
    return this.#lastResort.has(tag) ? bytesToHex(envelope.slice(...ENCAPSULATED)) : tag;
  }

  #break(rule: string): never {
    this.broken.push(rule);
    throw new Error(rule);
  }

  #take(what: string): void {
    if (this.#once.has(what)) this.#break(`used twice: ${what}`);
    this.#once.add(what);
  }
}

function json<T>(octets: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(octets));
}
