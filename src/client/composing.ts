/**
 * From a text to journaled envelopes: one vault transaction moves the channel on and queues the sealed octets.
 * Nothing has left the device when it is done.
 */
import { randomBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "../protocol/address.ts";
import { encodeBase64url } from "../protocol/base64url.ts";
import { type OneTimeKey, oneTimeKeyFromJson } from "../protocol/one-time-key.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import { TEXT_ID_SIZE } from "./channel/content.ts";
import { conversationOf } from "./channel/conversation.ts";
import { seal as sealContent } from "./channel/sealing.ts";
import { requireConsent } from "./consent-record.ts";
import { type Contact, UnknownContactError } from "./contacts.ts";
import { enqueue } from "./queue.ts";
import { RelayProtocolError } from "./relay-problem.ts";
import { putSent, type Sent } from "./sent.ts";
import type { Session } from "./session.ts";
import { callBearer } from "./transport.ts";

/** Octets of a revocable deposit's key. */
const DEPOSIT_KEY_SIZE = 16;

export interface SendOptions {
  readonly ttlSeconds: number;
  readonly revocable: boolean;
}

/** The text does not fit the largest envelope. */
export class TextTooLongError extends Error {
  override readonly name = "TextTooLongError";
}

export interface Composed {
  readonly sent: Sent;
  /** Names of its envelopes in the queue. */
  readonly queued: readonly string[];
}

/** @throws RelayProblem when a key must be claimed and none is given; RelayProtocolError when it is not the peer's */
export async function compose(
  session: Session,
  contact: Contact,
  text: string,
  options: SendOptions,
): Promise<Composed> {
  const composed =
    (await seal(session, contact, text, options)) ??
    (await seal(session, contact, text, options, await claimKey(session, contact)));
  if (composed === undefined) throw new RelayProtocolError("The channel could not be founded.");
  return composed;
}

/** @returns undefined when a key must be claimed first */
function seal(
  session: Session,
  contact: Contact,
  text: string,
  options: SendOptions,
  claimed?: OneTimeKey,
): Promise<Composed | undefined> {
  const { identity, platform, vault } = session;
  return vault.transaction(async (draft) => {
    const now = platform.now();
    const { deliveryToken } = requireConsent(draft);
    const peer = parseAddress(contact.address);
    if (peer === undefined) throw new UnknownContactError("The contact's address is damaged.");
    const id = randomBytes(TEXT_ID_SIZE);
    const content = {
      kind: "text",
      id,
      ...conversationOf(identity.address, peer),
      revocable: options.revocable,
      body: text,
    } as const;
    const sealed = await sealContent(draft, identity, peer, content, {
      now,
      ttlSeconds: options.ttlSeconds,
      replyTo: { token: deliveryToken, relay: identity.relay },
      ...(claimed === undefined ? {} : { claimed }),
    });
    if (sealed.outcome === "key-needed") return undefined;
    if (sealed.outcome === "key-refused")
      throw new RelayProtocolError("The relay served a key that is not the recipient's own.");
    if (sealed.outcome === "too-long")
      throw new TextTooLongError("The text does not fit one envelope of 64 KiB.");
    const textId = encodeBase64url(id);
    const { envelopes } = sealed;
    const key = options.revocable ? { key: encodeBase64url(randomBytes(DEPOSIT_KEY_SIZE)) } : {};
    const queued = envelopes.map((envelope) =>
      enqueue(draft, {
        textId,
        to: contact.address,
        envelope: encodeBase64url(envelope.bytes),
        ttlSeconds: envelope.ttlSeconds,
        expires: now + envelope.ttlSeconds * 1000,
        carriesText: envelope.carriesContent,
        channelId: encodeBase64url(envelope.channelId),
        position: envelope.position,
        ...(envelope.carriesContent ? key : {}),
      }),
    );
    const last = envelopes.at(-1)?.ttlSeconds ?? options.ttlSeconds;
    const expires = now + last * 1000;
    const sent = { id: textId, to: contact.address, sentAt: now, expires, state: "queued", ...key } as const;
    return { sent: putSent(draft, sent), queued };
  });
}

async function claimKey({ platform }: Session, contact: Contact): Promise<OneTimeKey> {
  const path = pathOf(ROUTES.keyClaims, { address: contact.address });
  const call = { method: "POST", path } as const;
  const json = await callBearer<unknown>(platform, contact.relay, contact.deliveryToken, call);
  const key = oneTimeKeyFromJson(json);
  if (key === undefined) throw new RelayProtocolError("The relay's answer holds no key.");
  return key;
}
