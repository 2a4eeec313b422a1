import { decodeBase64url } from "../protocol/base64url.ts";
import { isOfStrangers } from "./conversations/unanswered.ts";
import { forwardToSiblings } from "./forwarding.ts";
import type { Identity } from "./identity.ts";
import type { JournalEntry } from "./journal.ts";
import { oweReceipt } from "./receipts.ts";
import type { VaultDraft } from "./vault/vault.ts";

/**
 * A text is this device's for good: what follows from that for others. Not before: its sender may still take a
 * revocable one back, and then nobody may have heard of it.
 */
export function passOn(
  draft: VaultDraft,
  own: Pick<Identity, "address" | "relay">,
  entry: JournalEntry,
  now: number,
): void {
  if (entry.copied) return;
  const { device, known, from: author, other, text: body } = entry;
  const [id, conversation, members] = [entry.id, entry.conversation, entry.members].map((octets) =>
    decodeBase64url(octets),
  );
  if (id === undefined || conversation === undefined || members === undefined) return;
  const arrived = { from: device, known, author, other, id, conversation, members, body };
  if (other !== undefined || !isOfStrangers(draft, entry.conversation))
    forwardToSiblings(draft, own.address.text, arrived, now);
  oweReceipt(draft, own, "delivered", device, entry.id, now);
}
