/** What linked devices, or devices being linked, say to each other. */
import { equalBytes, utf8ToBytes } from "@noble/ciphers/utils.js";
import type { Address } from "../../protocol/address.ts";
import type { Sealed } from "../channel/content.ts";
import { addErrand } from "../errands.ts";
import type { Identity } from "../identity.ts";
import type { News } from "../news.ts";
import { linkStatement, MAX_DEVICES, verifyLink } from "../people/device-list.ts";
import { getDeviceList, personOf } from "../people/persons.ts";
import { reachOf } from "../people/reaching.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { keepWithdrawal, signWithdrawal } from "./left-behind.ts";
import { decodeLinkAcceptance, decodeLinkInvitation, encodeLinkAcceptance } from "./link-messages.ts";
import { isFirst, listedNow, publishList } from "./own-list.ts";
import { endApproval, endLinkSecret, isApproved, linkSecret, noteJoining } from "./pending.ts";
import { takeOwnState } from "./sharing.ts";

export function takeLinkMessage(
  draft: VaultDraft,
  identity: Identity,
  from: Address,
  content: Sealed,
  now: number,
): News[] {
  if (content.kind === "link-invitation") takeInvitation(draft, identity, from, content.octets, now);
  if (content.kind === "link-acceptance") return takeAcceptance(draft, identity, from, content.octets, now);
  if (content.kind === "own-state") return takeOwnState(draft, identity, from.text, content.octets, now);
  return [];
}

/**
 * Somebody who saw this device's code wants it to be theirs. It says yes once, to the first with the secret; the
 * list that follows makes it so.
 */
function takeInvitation(
  draft: VaultDraft,
  identity: Identity,
  first: Address,
  octets: Uint8Array,
  now: number,
): void {
  const own = identity.address;
  const invited = decodeLinkInvitation(octets);
  const secret = linkSecret(draft, now);
  const isAlone = personOf(draft, own.text) === own.text && getDeviceList(draft, own.text) === undefined;
  if (invited === undefined || secret === undefined || !isAlone) return;
  if (!equalBytes(utf8ToBytes(invited.secret), utf8ToBytes(secret))) return;
  const withdrawal = signWithdrawal(draft, identity);
  if (withdrawal === undefined) return;
  endLinkSecret(draft);
  noteJoining(draft, first.text, now);
  const countersignature = identity.sign(linkStatement(first, own));
  const acceptance = encodeLinkAcceptance({ countersignature, withdrawal });
  addErrand(draft, first.text, { kind: "link-acceptance", octets: acceptance }, now);
}

/** The device that the owner approved agrees: it comes into the list. */
function takeAcceptance(
  draft: VaultDraft,
  identity: Identity,
  from: Address,
  octets: Uint8Array,
  now: number,
): News[] {
  const accepted = decodeLinkAcceptance(octets);
  const reach = reachOf(draft, from.text);
  if (accepted === undefined || reach === undefined || !isApproved(draft, from.text, now)) return [];
  const devices = listedNow(draft, identity);
  const isListed = devices.some(({ address }) => address.text === from.text);
  if (!isFirst(draft, identity.address.text) || isListed || devices.length >= MAX_DEVICES) return [];
  const { countersignature, withdrawal } = accepted;
  if (!verifyLink(identity.address, from, countersignature)) return [];
  if (!keepWithdrawal(draft, from.text, withdrawal)) return [];
  endApproval(draft, from.text);
  return publishList(draft, identity, [...devices, { address: from, countersignature, ...reach }], now);
}
