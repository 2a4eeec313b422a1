import type { Sealed } from "../channel/content.ts";
import type { Identity } from "../identity.ts";
import type { News } from "../news.ts";
import type { VaultDraft } from "../vault/vault.ts";

/** What linked devices, or devices being linked, say to each other. */
export function takeLinkMessage(
  _draft: VaultDraft,
  _identity: Identity,
  _from: string,
  _content: Sealed,
  _now: number,
): News[] {
  return [];
}
