/** "Conversations": which texts a device takes. */
import type { Part, Text } from "./content.ts";
import { type Conversation, conversationOfTwo } from "./conversation.ts";
import { type DeviceList, firstOf } from "./device-list.ts";
import type { Memory } from "./memory.ts";
import { same } from "./octets.ts";
import { personOf, siblings } from "./people.ts";

export type Verdict = "taken" | "refused" | "later";

function isOf(text: Text | Part, { conversation, members }: Conversation): boolean {
  return same(text.conversation, conversation) && same(text.members, members);
}

/** "A text belongs to a known conversation." */
export function mayTake(me: Memory, from: string, text: Text | Part, list: DeviceList | undefined): Verdict {
  const own = [personOf(me, me.address), me.address];
  const defined = me.conversations.find((known) => isOf(text, known));
  if (text.ownCopy !== undefined) {
    const { author, other } = text.ownCopy;
    if (!siblings(me).includes(from)) return "refused";
    if (other === undefined) {
      if (defined === undefined) return "later";
      // Perhaps the list that makes the author one of them is still to come.
      return defined.people.some(({ address }) => [address, personOf(me, address)].includes(author))
        ? "taken"
        : "later";
    }
    if (author !== other && author !== personOf(me, me.address)) return "refused";
    return isOf(text, conversationOfTwo(personOf(me, me.address), other)) ? "taken" : "refused";
  }
  // The list that the message brings counts for its text.
  const theirs = [list === undefined ? personOf(me, from) : firstOf(list), from];
  const ofTwo = own.some((mine) => theirs.some((their) => isOf(text, conversationOfTwo(mine, their))));
  if (ofTwo) return "taken";
  if (defined === undefined) return "later";
  return isMember(theirs, defined) && isMember(own, defined) ? "taken" : "refused";
}

/** By any of its names: as device or as person. */
export function isMember(
  names: readonly string[],
  { people }: { readonly people: readonly { readonly address: string }[] },
): boolean {
  return people.some(({ address }) => names.includes(address));
}
