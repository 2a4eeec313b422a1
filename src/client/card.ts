/**
 * Contact cards: what one person gives another, as a link or a QR code,
 *
 *     https://relay.example/card#<address>~<delivery token>
 *
 * The part behind `#` never reaches a server. A card carries no encryption key: keys are claimed fresh.
 */
import { isTorsionFree, parseAddress } from "../protocol/address.ts";
import { parseDeliveryToken } from "../protocol/delivery-token.ts";

const PATH = "/card";

export interface ContactCard {
  readonly address: string;
  readonly deliveryToken: string;
  /** Origin of the relay, e.g. `https://relay.example`. */
  readonly relay: string;
}

/** Not a contact card, or one that is not safe to use. */
export class ContactCardError extends Error {
  override readonly name = "ContactCardError";
}

export function formatCard(card: ContactCard): string {
  return `${card.relay}${PATH}#${card.address}~${card.deliveryToken}`;
}

/** @throws ContactCardError */
export function parseCard(text: string): ContactCard {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const [address = "", deliveryToken = "", ...rest] = url?.hash.slice(1).split("~") ?? [];
  const parsed = parseAddress(address);
  if (url === undefined || url.pathname !== PATH || url.search !== "" || rest.length > 0)
    throw new ContactCardError("This is not a Restante contact card.");
  // `https://relay.example@elsewhere.example/card#…` reads like the first and goes to the second.
  if (url.username !== "" || url.password !== "")
    throw new ContactCardError("This is not a Restante contact card.");
  if (parsed === undefined || !isTorsionFree(parsed) || parseDeliveryToken(deliveryToken) === undefined)
    throw new ContactCardError("The contact card is damaged. Ask for it again.");
  return { address, deliveryToken, relay: relayOrigin(url.origin) };
}

/**
 * The origin of a relay, as requests and tickets name it.
 *
 * @throws ContactCardError unless it is https, or http on this very machine: without TLS whoever is on the way
 *   could collect delivery tokens.
 */
export function relayOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const here = url?.hostname === "localhost" || url?.hostname === "127.0.0.1" || url?.hostname === "[::1]";
  if (url !== undefined && (url.protocol === "https:" || (url.protocol === "http:" && here)))
    return url.origin;
  throw new ContactCardError("A relay's address begins with https:// (http:// only on this machine).");
}

/**
 * The origin of a relay that somebody else names, or undefined when it must not be used. Only a device whose own
 * relay is on this machine uses others that are: elsewhere, `http://` to localhost would let a stranger reach what
 * listens there.
 */
export function foreignRelay(text: string, ownRelay: string): string | undefined {
  try {
    const origin = relayOrigin(text);
    return origin.startsWith("http:") && !ownRelay.startsWith("http:") ? undefined : origin;
  } catch {
    return undefined;
  }
}
