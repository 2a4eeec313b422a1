import { readFileSync } from "node:fs";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import {
  conversationId,
  decodeDefinition,
  encodeDefinition,
  membersHash,
} from "../../../src/client/conversations/definition.ts";
import {
  decodeDeviceList,
  devicesStatement,
  encodeDeviceList,
  linkStatement,
  verifyDeviceList,
} from "../../../src/client/people/device-list.ts";
import { encodeSafetyCode, fingerprint, safetyNumber } from "../../../src/client/people/safety-number.ts";
import { type Address, parseAddress } from "../../../src/protocol/address.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";

type Told = Record<"address" | "token" | "relay", string> & { statement?: string; countersignature?: string };
interface PeopleVectors {
  list: { counter: number; devices: Told[]; statement: string; octets: string };
  conversation: Record<"salt" | "members" | "conversation" | "octets", string> & { people: Told[] };
  safety: Record<"ann" | "bo" | "number" | "annShows", string>;
}

const file = readFileSync(new URL("../../vectors/channel.json", import.meta.url), "utf8");
const { people, bo } = JSON.parse(file) as { people: PeopleVectors; bo: { address: string } };

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error("no address");
  return address;
}

const told = ({ address, token, relay }: Told) => ({
  address: addressOf(address),
  token: encodeBase64url(hexToBytes(token)),
  relay,
});

describe("the published vectors of people, made without this SDK", () => {
  const { list, conversation, safety } = people;
  const devices = list.devices.map((device) => addressOf(device.address));

  it("agree on a device list, its statement and its countersignature", () => {
    const decoded = decodeDeviceList(hexToBytes(list.octets));
    if (decoded === undefined) throw new Error("not a list");
    expect(verifyDeviceList(decoded)).toBe(true);
    expect(bytesToHex(encodeDeviceList(decoded))).toBe(list.octets);
    expect(decoded.counter).toBe(list.counter);
    expect(decoded.devices).toMatchObject(list.devices.map(told));
    expect(bytesToHex(devicesStatement(list.counter, devices))).toBe(list.statement);
    const [first, second] = devices;
    if (first === undefined || second === undefined) throw new Error("two expected");
    expect(bytesToHex(linkStatement(first, second))).toBe(list.devices[1]?.statement);
    expect(decoded.devices[1]?.countersignature).toEqual(hexToBytes(list.devices[1]?.countersignature ?? ""));
  });

  it("agree on a conversation of three", () => {
    const decoded = decodeDefinition(hexToBytes(conversation.octets));
    if (decoded === undefined) throw new Error("not a definition");
    expect(bytesToHex(encodeDefinition(decoded))).toBe(conversation.octets);
    expect(decoded).toEqual({
      salt: hexToBytes(conversation.salt),
      members: conversation.people.map(told),
    });
    const members = membersHash(decoded.members.map(({ address }) => address));
    expect(bytesToHex(members)).toBe(conversation.members);
    expect(bytesToHex(conversationId(members, decoded.salt))).toBe(conversation.conversation);
  });

  it("agree on what two people compare", () => {
    const ann = fingerprint(devices);
    const other = fingerprint([addressOf(bo.address)]);
    expect([bytesToHex(ann), bytesToHex(other)]).toEqual([safety.ann, safety.bo]);
    expect(safetyNumber(other, ann)).toBe(safety.number);
    expect(encodeSafetyCode(ann, other)).toBe(safety.annShows);
  });
});
