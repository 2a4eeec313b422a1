/**
 * Which messages that opened may be taken. What a channel proves is the device; to whom its text belongs, and
 * whether this device is meant, is decided here, before anything changes.
 */
import type { Address } from "../protocol/address.ts";
import { conversationBetween } from "./addressing.ts";
import { isBlocked } from "./blocking/blocked.ts";
import type { Message, Part, Text } from "./channel/content.ts";
import type { Admit } from "./channel/opening.ts";
import { membersHash } from "./conversations/definition.ts";
import { getConversation } from "./conversations/known.ts";
import type { Identity } from "./identity.ts";
import { isAcceptable } from "./people/accepting.ts";
import { type DeviceList, decodeDeviceList, verifyDeviceList } from "./people/device-list.ts";
import { devicesOf, personOf } from "./people/persons.ts";
import type { VaultReader } from "./vault/vault.ts";

/** Admits one envelope's message; afterwards `list` is the sender's new device list, if it brought one. */
export class Admission {
  readonly #reader: VaultReader;
  readonly #identity: Identity;
  readonly #now: number;
  #list: DeviceList | undefined;

  constructor(reader: VaultReader, identity: Identity, now: number) {
    this.#reader = reader;
    this.#identity = identity;
    this.#now = now;
  }

  /** Verified, and to be accepted. */
  get list(): DeviceList | undefined {
    return this.#list;
  }

  readonly admit: Admit = (from, message) => {
    const list = this.#read(from, message);
    if (list === "refused" || this.#isShutOut(from, message, list)) return "refused";
    this.#list = list;
    const { content } = message;
    if (content.kind !== "text" && content.kind !== "part") return "admitted";
    return content.copy === undefined
      ? this.#admitText(from.text, content)
      : this.#admitCopy(from.text, content);
  };

  /** Blocked, whichever of their devices it comes from, and whoever passes it on. */
  #isShutOut({ text: from }: Address, { content }: Message, list: DeviceList | undefined): boolean {
    const author = content.kind === "text" || content.kind === "part" ? content.copy?.author : undefined;
    const names = [from, list?.devices[0]?.address.text, author];
    return names.some((name) => name !== undefined && isBlocked(this.#reader, name));
  }

  /** Verifying costs signatures: only a list that would be news is verified. */
  #read(from: Address, { head }: Message): DeviceList | "refused" | undefined {
    if (head.devices === undefined) return undefined;
    const list = decodeDeviceList(head.devices);
    if (list === undefined) return "refused";
    if (!isAcceptable(this.#reader, this.#identity, from.text, list, this.#now)) return undefined;
    return verifyDeviceList(list) ? list : "refused";
  }

  /**
   * The conversation of two is named by person or by device on either side: a list may be known to one of them
   * only.
   */
  #admitText(from: string, { conversation, members }: Text | Part): "admitted" | "not-yet" | "refused" {
    const own = this.#identity.address.text;
    const theirs = new Set([from, this.#personOf(from)]);
    const ours = new Set([own, personOf(this.#reader, own)]);
    for (const one of theirs)
      for (const other of ours)
        if (one !== other && isOf(conversationBetween(one, other), conversation, members)) return "admitted";
    const definition = getConversation(this.#reader, conversation);
    if (definition === undefined) return "not-yet";
    const people = definition.members.map(({ address }) => address);
    const isIn = (names: Set<string>) => people.some(({ text }) => names.has(text));
    return isIn(theirs) && isIn(ours) && isSame(members, membersHash(people)) ? "admitted" : "refused";
  }

  /** Only the owner's own devices tell what was written elsewhere, and only of people who are in the conversation. */
  #admitCopy(from: string, { conversation, copy }: Text | Part): "admitted" | "not-yet" | "refused" {
    const own = this.#identity.address.text;
    const person = personOf(this.#reader, own);
    if (copy === undefined || from === own || !devicesOf(this.#reader, person).includes(from))
      return "refused";
    const { author, with: other } = copy;
    if (other !== undefined) {
      const isOfTwo =
        other !== person && isSame(conversationBetween(person, other).conversation, conversation);
      return isOfTwo && (author === person || author === other) ? "admitted" : "refused";
    }
    const definition = getConversation(this.#reader, conversation);
    if (definition === undefined) return "not-yet";
    const isIn = definition.members.some(
      ({ address }) => address.text === author || personOf(this.#reader, address.text) === author,
    );
    // Perhaps the list that makes the author one of them is still to come.
    return isIn ? "admitted" : "not-yet";
  }

  #personOf(device: string): string {
    const first = this.#list?.devices[0]?.address.text;
    return first ?? personOf(this.#reader, device);
  }
}

function isOf(known: { conversation: Uint8Array; members: Uint8Array }, id: Uint8Array, members: Uint8Array) {
  return isSame(known.conversation, id) && isSame(known.members, members);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
