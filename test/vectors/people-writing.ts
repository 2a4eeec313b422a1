/**
 * People, conversations and safety numbers as docs/channels.md has them, written out a second time. Imports nothing of
 * src/.
 */
import { createHash } from "node:crypto";
import {
  ascii,
  integer,
  join,
  named,
  octet,
  type Party,
  secretFor,
  sha256,
  short,
  statement,
} from "./channel-writing.ts";
import { reachOf } from "./content-writing.ts";

/** Delivery token and relay of somebody who is never written to. */
export const replyTo = (name: string) => ({
  token: join(secretFor(`${name}'s token`), secretFor(`${name}'s token, the rest`).subarray(0, 17)),
  relay: `https://${name}.relay.example`,
});

/** The list of a person's devices, the first at the front. */
export function deviceList(counter: number, devices: readonly { name: string; party: Party }[]) {
  const [first] = devices;
  if (first === undefined) throw new RangeError("devices: at least one expected");
  const addresses = devices.map(({ party }) => ascii(party.address));
  const signed = statement("devices", [integer(counter), ...addresses]);
  const listed = devices.map(({ name, party }, i) => {
    const link = statement("link", [ascii(first.party.address), ascii(party.address)]);
    const countersignature = i === 0 ? Buffer.alloc(64) : party.sign(link);
    const linked = i === 0 ? {} : { statement: link, countersignature };
    return {
      tells: { seed: party.seed, address: party.address, ...replyTo(name), ...linked },
      octets: join(named(party.address), countersignature, reachOf(replyTo(name))),
    };
  });
  const signature = first.party.sign(signed);
  return {
    counter,
    devices: listed.map(({ tells }) => tells),
    statement: signed,
    octets: join(short(counter), octet(devices.length), ...listed.map(({ octets }) => octets), signature),
  };
}

/** A conversation of three or more. */
export function definition(salt: Uint8Array, people: readonly { name: string; address: string }[]) {
  const sorted = people.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  const members = sha256(ascii("restante/members/1\0"), ...sorted.map(({ address }) => named(address)));
  const listed = sorted.map(({ name, address }) => join(named(address), reachOf(replyTo(name))));
  return {
    salt,
    people: sorted.map(({ name, address }) => ({ address, ...replyTo(name) })),
    members,
    conversation: sha256(ascii("restante/conversation/1\0"), members, salt).subarray(0, 16),
    octets: join(salt, octet(people.length), ...listed),
  };
}

/** @param devices a person's, their first at the front */
export function fingerprint(devices: readonly string[]): Buffer {
  const [first = "", ...further] = devices;
  const input = join(ascii("restante/safety/1\0"), ...[first, ...further.sort()].map(named));
  const sha512 = (bytes: Uint8Array) => createHash("sha512").update(bytes).digest();
  let hash = sha512(input);
  for (let round = 2; round <= 5200; round++) hash = sha512(join(hash, input));
  return hash.subarray(0, 32);
}

export function safetyNumber(one: Buffer, other: Buffer): string {
  const half = (of: Buffer) =>
    [0, 5, 10, 15, 20, 25].map((at) => String(of.readUIntBE(at, 5) % 100_000).padStart(5, "0")).join("");
  return [half(one), half(other)].sort().join("");
}
