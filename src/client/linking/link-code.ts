/**
 * Link codes: what a new device shows, as a link or a QR code, to be linked by a person's first device,
 *
 *     https://relay.example/link#<address>~<delivery token>~<secret>
 *
 * The part behind `#` never reaches a server. The secret, 16 random octets in base64url, comes back in the
 * invitation and proves that the inviter saw this code. Whoever sees it can make the new device theirs: a code
 * is for one linking, and the device forgets it afterwards.
 */
import { randomBytes } from "@noble/hashes/utils.js";
import { isTorsionFree, parseAddress } from "../../protocol/address.ts";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import { parseDeliveryToken } from "../../protocol/delivery-token.ts";
import { type ContactCard, relayOrigin } from "../card.ts";

const PATH = "/link";
/** Octets: nobody guesses one in the time that a device waits to be linked, nor ever. */
export const LINK_SECRET_SIZE = 16;

export interface LinkCode extends ContactCard {
  /** base64url. */
  readonly secret: string;
}

/** Not a link code, or one that is not safe to use. */
export class LinkCodeError extends Error {
  override readonly name = "LinkCodeError";
}

export function newLinkSecret(): string {
  return encodeBase64url(randomBytes(LINK_SECRET_SIZE));
}

export function formatLinkCode(code: LinkCode): string {
  return `${code.relay}${PATH}#${code.address}~${code.deliveryToken}~${code.secret}`;
}

/** @throws LinkCodeError */
export function parseLinkCode(text: string): LinkCode {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const [address = "", deliveryToken = "", secret = "", ...rest] = url?.hash.slice(1).split("~") ?? [];
  if (url === undefined || url.pathname !== PATH || url.search !== "" || rest.length > 0)
    throw new LinkCodeError("This is not a Restante link code.");
  // `https://relay.example@elsewhere.example/link#…` reads like the first and goes to the second.
  if (url.username !== "" || url.password !== "")
    throw new LinkCodeError("This is not a Restante link code.");
  const parsed = parseAddress(address);
  if (
    parsed === undefined ||
    !isTorsionFree(parsed) ||
    parseDeliveryToken(deliveryToken) === undefined ||
    decodeBase64url(secret, LINK_SECRET_SIZE) === undefined
  )
    throw new LinkCodeError("The link code is damaged. Show it again.");
  return { address, deliveryToken, relay: usableOrigin(url.origin), secret };
}

function usableOrigin(origin: string): string {
  try {
    return relayOrigin(origin);
  } catch (cause) {
    throw new LinkCodeError(cause instanceof Error ? cause.message : "", { cause });
  }
}
