/**
 * Own state: what a person's devices tell each other, as the JSON body of a message of kind 0x07:
 *
 *     { contacts:       [{address, deliveryToken, relay, name?, addedAt?}],
 *       people:         [device list, base64url (people/device-list.ts)],
 *       conversations:  [definition, base64url (conversations/definition.ts)],
 *       withdrawal?:    {statement, signature},     the sender's own, for the consent now in force
 *       left?:          [{statement, signature}],   what the other devices of the person left behind
 *       blocking?:      [{person, devices, blocked, at}]   whom the owner blocked, or unblocked, and when }
 *
 * One message holds a part of it: each adds to what is known, none replaces it, and any may come first. What
 * decodes is of the right form and not verified.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "../../protocol/address.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { parseDeliveryToken } from "../../protocol/delivery-token.ts";
import type { BlockingWord } from "../blocking/blocked.ts";
import { relayOrigin } from "../card.ts";
import type { Contact } from "../contacts.ts";
import {
  type ConversationDefinition,
  decodeDefinition,
  encodeDefinition,
} from "../conversations/definition.ts";
import { type DeviceList, decodeDeviceList, encodeDeviceList, MAX_DEVICES } from "../people/device-list.ts";
import { asList, asObject, asOctets, decodeBody, encodeBody, MAX_BODY } from "./json-body.ts";
import { type SignedWithdrawal, withdrawalFromJson, withdrawalToJson } from "./link-messages.ts";

/** Contacts in a message: 50 are some 14 KiB and one short transaction, with room for lists beside them. */
export const MAX_CONTACTS = 50;

/** Device lists in a message: 16 of 8 devices take half a second to verify, as long as a phone may stop for. */
const MAX_PEOPLE_LISTS = 16;

/** Definitions in a message: 5 of the longest fill it, 16 cover those of usual size. */
const MAX_DEFINITIONS = 16;

/** People whom somebody blocked, or did once: 60 with all their devices are half of what a message holds. */
export const MAX_BLOCKING = 60;

const NOTHING = { contacts: [], people: [], conversations: [] } as const;

export interface OwnState {
  readonly contacts: readonly Contact[];
  readonly people: readonly DeviceList[];
  readonly conversations: readonly ConversationDefinition[];
  readonly withdrawal?: SignedWithdrawal;
  readonly left?: readonly SignedWithdrawal[];
  readonly blocking?: readonly BlockingWord[];
}

/** @throws RangeError when a field is outside its form, or it is too much for one message. */
export function encodeOwnState(state: OwnState): Uint8Array {
  const octets = encodeBody(toJson(state));
  if (decodeOwnState(octets) === undefined) throw new RangeError("state: a field is outside its form");
  return octets;
}

/** @returns undefined when it is malformed in any part. */
export function decodeOwnState(octets: Uint8Array): OwnState | undefined {
  const body = decodeBody(octets);
  if (body === undefined) return undefined;
  const contacts = asList(body.contacts, MAX_CONTACTS, contactFromJson);
  const people = asList(body.people, MAX_PEOPLE_LISTS, (list) => decodedFrom(list, decodeDeviceList));
  const conversations = asList(body.conversations, MAX_DEFINITIONS, (definition) =>
    decodedFrom(definition, decodeDefinition),
  );
  if (contacts === undefined || people === undefined || conversations === undefined) return undefined;
  const withdrawal = withdrawalFromJson(body.withdrawal);
  const left = asList(body.left, MAX_DEVICES, withdrawalFromJson);
  if (body.withdrawal !== undefined && withdrawal === undefined) return undefined;
  if (body.left !== undefined && left === undefined) return undefined;
  const blocking = asList(body.blocking, MAX_BLOCKING, blockingFromJson);
  if (body.blocking !== undefined && blocking === undefined) return undefined;
  return {
    contacts,
    people,
    conversations,
    ...(withdrawal === undefined ? {} : { withdrawal }),
    ...(left === undefined ? {} : { left }),
    ...(blocking === undefined ? {} : { blocking }),
  };
}

/**
 * Encodes a state of any size, in as many messages as it takes; always at least one.
 *
 * @throws RangeError when an item is outside its form, or fills a message by itself
 */
export function encodeWholeState(state: OwnState): Uint8Array[] {
  const items: OwnState[] = [
    ...state.contacts.map((contact) => ({ ...NOTHING, contacts: [contact] })),
    ...state.people.map((list) => ({ ...NOTHING, people: [list] })),
    ...state.conversations.map((definition) => ({ ...NOTHING, conversations: [definition] })),
  ];
  const messages: Uint8Array[] = [];
  let current: OwnState = { ...state, ...NOTHING };
  for (const item of items) {
    const both = {
      ...current,
      contacts: [...current.contacts, ...item.contacts],
      people: [...current.people, ...item.people],
      conversations: [...current.conversations, ...item.conversations],
    };
    if (fitsOneMessage(both)) {
      current = both;
    } else {
      messages.push(encodeOwnState(current));
      current = item;
    }
  }
  return [...messages, encodeOwnState(current)];
}

function fitsOneMessage(state: OwnState): boolean {
  return (
    state.contacts.length <= MAX_CONTACTS &&
    state.people.length <= MAX_PEOPLE_LISTS &&
    state.conversations.length <= MAX_DEFINITIONS &&
    utf8ToBytes(JSON.stringify(toJson(state))).length <= MAX_BODY
  );
}

function toJson({ contacts, people, conversations, withdrawal, left, blocking }: OwnState): object {
  return {
    contacts: contacts.map(({ address, deliveryToken, relay, name, addedAt }) => ({
      address,
      deliveryToken,
      relay,
      name,
      addedAt,
    })),
    people: people.map((list) => encodeBase64url(encodeDeviceList(list))),
    conversations: conversations.map((definition) => encodeBase64url(encodeDefinition(definition))),
    withdrawal: withdrawal && withdrawalToJson(withdrawal),
    left: left?.map(withdrawalToJson),
    blocking,
  };
}

function contactFromJson(json: unknown): Contact | undefined {
  const { address, deliveryToken, relay, name, addedAt } = asObject(json) ?? {};
  if (typeof address !== "string" || parseAddress(address) === undefined) return undefined;
  if (typeof deliveryToken !== "string" || parseDeliveryToken(deliveryToken) === undefined) return undefined;
  if (typeof relay !== "string" || !isRelayOrigin(relay)) return undefined;
  if (name !== undefined && typeof name !== "string") return undefined;
  if (addedAt !== undefined && !isTime(addedAt)) return undefined;
  return {
    address,
    deliveryToken,
    relay,
    ...(name === undefined ? {} : { name }),
    ...(addedAt === undefined ? {} : { addedAt }),
  };
}

function blockingFromJson(json: unknown): BlockingWord | undefined {
  const { person, devices, blocked, at } = asObject(json) ?? {};
  const isAddress = (value: unknown) => typeof value === "string" && parseAddress(value) !== undefined;
  const addresses = asList(devices, MAX_DEVICES, (each) => (isAddress(each) ? (each as string) : undefined));
  if (!isAddress(person) || addresses === undefined || typeof blocked !== "boolean" || !isTime(at))
    return undefined;
  return { person: person as string, devices: addresses, blocked, at: at as number };
}

function decodedFrom<T>(json: unknown, decode: (octets: Uint8Array) => T | undefined): T | undefined {
  const octets = asOctets(json);
  return octets === undefined ? undefined : decode(octets);
}

function isRelayOrigin(text: string): boolean {
  try {
    return relayOrigin(text) === text;
  } catch {
    return false;
  }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
