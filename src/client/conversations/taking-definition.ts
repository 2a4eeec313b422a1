import { foreignRelay } from "../card.ts";
import type { Identity } from "../identity.ts";
import type { News } from "../news.ts";
import { personOf } from "../people/persons.ts";
import { reachOf } from "../people/reaching.ts";
import { putToldReach } from "../people/told-reach.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { decodeDefinition } from "./definition.ts";
import { noteIntroduced, putConversation } from "./known.ts";
import { noteTold } from "./unanswered.ts";

const NOTHING = { news: [], isToShare: false };

/**
 * Takes in a conversation that another device tells of. Whoever tells of it must be in it, and so must the owner;
 * or it is one of the owner's own devices. How to reach its people is learned where nothing better is known.
 *
 * @returns what the app should know, and whether the owner's other devices should be told
 */
export function takeDefinition(
  draft: VaultDraft,
  { address, relay }: Identity,
  from: string,
  octets: Uint8Array,
): { news: News[]; isToShare: boolean } {
  const definition = decodeDefinition(octets);
  if (definition === undefined) return NOTHING;
  const members = definition.members.map((member) => member.address.text);
  const isIn = (device: string) => members.includes(device) || members.includes(personOf(draft, device));
  if (!isIn(address.text) || !isIn(from)) return NOTHING;
  if (definition.members.some((member) => foreignRelay(member.relay, relay) !== member.relay)) return NOTHING;
  for (const { address: member, ...reach } of definition.members)
    if (reachOf(draft, member.text) === undefined) putToldReach(draft, member.text, reach);
  const { id, isNew } = putConversation(draft, definition);
  noteIntroduced(draft, id, from);
  const isToShare = noteTold(draft, address.text, id, from, isNew);
  return { news: isNew ? [{ kind: "conversation", id }] : [], isToShare };
}
