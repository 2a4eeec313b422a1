/**
 * Receipts between people: "delivered" and "read". Each is off until the owner turns it on, and goes out a little
 * later, at random: the moment of an answer tells where somebody is and when they look at their phone.
 */
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import type { Receipt } from "./channel/content.ts";
import { TEXT_ID_SIZE } from "./channel/content.ts";
import { addErrand } from "./errands.ts";
import type { Identity } from "./identity.ts";
import type { News } from "./news.ts";
import { mayTell } from "./people/acquaintance.ts";
import { personOf } from "./people/persons.ts";
import { getSent, putSent } from "./sent.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const SETTINGS = "device/receipts";

/** A receipt leaves 1 to 6 seconds after its cause: more than a network's own delays differ by, short for a person. */
const SHORTEST_DELAY = 1000;
const LONGEST_DELAY = 6000;

export interface ReceiptSettings {
  readonly delivered: boolean;
  readonly read: boolean;
}

export function receiptSettings(reader: VaultReader): ReceiptSettings {
  return getJson<ReceiptSettings>(reader, SETTINGS) ?? { delivered: false, read: false };
}

export function putReceiptSettings(draft: VaultDraft, { delivered, read }: ReceiptSettings): void {
  putJson(draft, SETTINGS, { delivered, read });
}

/** Owes the device that sent the text a receipt, if the owner wants it to have one, and it is no stranger's elsewhere. */
export function oweReceipt(
  draft: VaultDraft,
  own: Pick<Identity, "address" | "relay">,
  what: Receipt["what"],
  device: string,
  textId: string,
  now: number,
): void {
  const id = decodeBase64url(textId, TEXT_ID_SIZE);
  if (id === undefined || !receiptSettings(draft)[what] || !mayTell(draft, own, device)) return;
  const delay = SHORTEST_DELAY + Math.random() * (LONGEST_DELAY - SHORTEST_DELAY);
  addErrand(draft, device, { kind: "receipt", what, ids: [id] }, now + Math.floor(delay));
}

/** Notes what the recipient's device says of texts that were sent to it. Of other texts it can say nothing. */
export function takeReceipt(draft: VaultDraft, from: string, { what, ids }: Receipt): News[] {
  return ids.flatMap((octets): News[] => {
    const sent = getSent(draft, encodeBase64url(octets));
    if (sent === undefined || !sent.pieces.some(({ device }) => device === from)) return [];
    const person = personOf(draft, from);
    const known = sent.receipts?.[person];
    if (known === "read" || known === what) return [];
    const receipts = { ...sent.receipts, [person]: what };
    return [{ kind: "sent", sent: putSent(draft, { ...sent, receipts }) }];
  });
}
