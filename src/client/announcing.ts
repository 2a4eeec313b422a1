/**
 * A device that lost its channels says so at once, to everybody it had one with: until they know, what they write
 * is taken, opens nowhere, and counts as delivered. Strangers at other relays must find out by themselves.
 */
import { listChannelPeers } from "./channel/sweeping.ts";
import { addErrand } from "./errands.ts";
import type { Identity } from "./identity.ts";
import { mayTell } from "./people/acquaintance.ts";
import type { VaultDraft } from "./vault/vault.ts";

/** To be called before the channels are forgotten. A founding that names no earlier channel is the news. */
export function announceLostState(
  draft: VaultDraft,
  own: Pick<Identity, "address" | "relay">,
  now: number,
): void {
  for (const peer of listChannelPeers(draft))
    if (peer !== own.address.text && mayTell(draft, own, peer)) addErrand(draft, peer, { kind: "bare" }, now);
}
