/** What follows when the owner writes: those they write to are no strangers any more, nor is what they write in. */
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import type { Letter } from "./addressing.ts";
import { getConversation } from "./conversations/known.ts";
import { isOfStrangers, noteAnswered } from "./conversations/unanswered.ts";
import type { Identity } from "./identity.ts";
import { shareWithSiblings } from "./linking/sharing.ts";
import { noteWritten } from "./people/acquaintance.ts";
import type { VaultDraft } from "./vault/vault.ts";

/** To be called with the letters of a text; those that the device sends by itself say nothing of its owner. */
export function noteAnswering(
  draft: VaultDraft,
  identity: Identity,
  letters: readonly Letter[],
  now: number,
): void {
  const written = letters.filter(({ person }) => person !== undefined);
  for (const { person } of written) if (person !== undefined) noteWritten(draft, person);
  const texts = written.flatMap(({ contents }) => contents).filter((content) => "conversation" in content);
  for (const id of new Set(texts.map(({ conversation }) => encodeBase64url(conversation)))) {
    const definition = getConversation(draft, decodeBase64url(id) ?? new Uint8Array());
    // The owner's other devices have not been told of it, and get a copy of the text.
    if (definition !== undefined && isOfStrangers(draft, id))
      shareWithSiblings(draft, identity, { conversations: [definition] }, now);
    noteAnswered(draft, id);
  }
}
