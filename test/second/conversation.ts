/** "Conversations". */
import type { Reach } from "./content.ts";
import { sha256 } from "./hashing.ts";
import { ascii, decoded, inOctetOrder, join, malformed, named, octet } from "./octets.ts";
import { readAddress, readReach } from "./reading-content.ts";
import { writeReach } from "./writing-content.ts";

const NO_SALT = new Uint8Array(0);

export interface Conversation {
  readonly members: Uint8Array;
  readonly conversation: Uint8Array;
}

export interface Member {
  readonly address: string;
  readonly reach: Reach;
}

/** A conversation of three or more, as it was defined. */
export interface Defined extends Conversation {
  readonly people: readonly Member[];
  readonly octets: Uint8Array;
}

function conversationOf(people: readonly string[], salt: Uint8Array): Conversation {
  const inOrder = inOctetOrder(people).map(named);
  const members = sha256(ascii("restante/members/1"), octet(0), ...inOrder);
  const conversation = sha256(ascii("restante/conversation/1"), octet(0), members, salt).slice(0, 16);
  return { members, conversation };
}

export function conversationOfTwo(one: string, other: string): Conversation {
  return conversationOf([one, other], NO_SALT);
}

export function define(people: readonly Member[], salt: Uint8Array): Defined {
  const order = inOctetOrder(people.map(({ address }) => address));
  const inOrder = order.flatMap((address) => people.filter((member) => member.address === address));
  const octets = join(
    salt,
    octet(inOrder.length),
    ...inOrder.flatMap(({ address, reach }) => [named(address), writeReach(reach)]),
  );
  return { ...conversationOf(order, salt), people: inOrder, octets };
}

export function readDefinition(octets: Uint8Array): Defined | undefined {
  return decoded(octets, (from) => {
    const salt = from.take(16);
    const count = from.octet();
    if (count < 3 || count > 32) malformed();
    const people = Array.from({ length: count }, () => ({
      address: readAddress(from),
      reach: readReach(from),
    }));
    people.forEach(({ address }, i) => {
      const before = people[i - 1];
      if (before !== undefined && before.address >= address) malformed();
    });
    const addresses = people.map(({ address }) => address);
    return { ...conversationOf(addresses, salt), people, octets };
  });
}
