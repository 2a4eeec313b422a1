/** What blocking somebody does to the vault. */
import { dropCarried } from "../channel/carried.ts";
import { closeOutgoing } from "../channel/outgoing.ts";
import { dropErrandsTo } from "../errands.ts";
import { dropIntroduction } from "../numbers/introductions.ts";
import { dropQueued } from "../queue.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { type BlockingWord, noteBlocking } from "./blocked.ts";

/** Vault entry: a new delivery token is owed, for somebody was blocked and the relay does not know yet. */
export const OWED = "device/rotation-owed";

/** Takes in what was said here or on another of the owner's devices. @returns whether that is news */
export function takeBlockingWord(draft: VaultDraft, word: BlockingWord): boolean {
  if (!noteBlocking(draft, word)) return false;
  if (!word.blocked) return true;
  for (const device of [word.person, ...word.devices]) {
    closeOutgoing(draft, device);
    dropCarried(draft, device);
    dropErrandsTo(draft, device);
    dropIntroduction(draft, device);
    dropQueued(draft, ({ to }) => to === device, { state: "undecided" });
  }
  // Whether or not this device gave them its token, its list of devices did.
  draft.put(OWED, new Uint8Array());
  return true;
}
