/**
 * What two devices say to each other to be linked, as the JSON bodies of two kinds of message:
 *
 * - 0x05, link invitation, from a person's first device to the new one whose code it saw: `{secret}`, the code's
 *   (link-code.ts). The device it came from is the first: there is nothing else to say.
 * - 0x06, link acceptance, the answer: `{countersignature, withdrawal: {statement, signature}}`. The
 *   countersignature is over `restante/link/1` (people/device-list.ts); the withdrawal is left behind, so that the
 *   new device's mailbox can be closed when it is lost.
 *
 * Octets are base64url. What decodes is of the right form and not verified.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { decodeWithdrawalStatement } from "../../protocol/withdrawal-statement.ts";
import { asObject, asOctets, decodeBody, encodeBody } from "./json-body.ts";
import { LINK_SECRET_SIZE } from "./link-code.ts";

const SIGNATURE_SIZE = 64;

export interface LinkInvitation {
  /** The secret of the code that the inviter saw, base64url. */
  readonly secret: string;
}

/** What closes a mailbox when somebody hands it in. */
export interface SignedWithdrawal {
  /** It names the mailbox and one consent (protocol/withdrawal-statement.ts). */
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
}

export interface LinkAcceptance {
  readonly countersignature: Uint8Array;
  readonly withdrawal: SignedWithdrawal;
}

/** @throws RangeError unless the secret is 16 octets in base64url. */
export function encodeLinkInvitation({ secret }: LinkInvitation): Uint8Array {
  return checked({ secret }, decodeLinkInvitation);
}

/** @returns undefined when it is malformed. */
export function decodeLinkInvitation(octets: Uint8Array): LinkInvitation | undefined {
  const secret = decodeBody(octets)?.secret;
  if (typeof secret !== "string" || asOctets(secret, LINK_SECRET_SIZE) === undefined) return undefined;
  return { secret };
}

/** @throws RangeError when a signature is not 64 octets, or the statement is none of a withdrawal. */
export function encodeLinkAcceptance({ countersignature, withdrawal }: LinkAcceptance): Uint8Array {
  const body = {
    countersignature: encodeBase64url(countersignature),
    withdrawal: withdrawalToJson(withdrawal),
  };
  return checked(body, decodeLinkAcceptance);
}

/** @returns undefined when it is malformed. */
export function decodeLinkAcceptance(octets: Uint8Array): LinkAcceptance | undefined {
  const body = decodeBody(octets);
  const countersignature = asOctets(body?.countersignature, SIGNATURE_SIZE);
  const withdrawal = withdrawalFromJson(body?.withdrawal);
  if (countersignature === undefined || withdrawal === undefined) return undefined;
  return { countersignature, withdrawal };
}

export function withdrawalToJson({ statement, signature }: SignedWithdrawal): {
  statement: string;
  signature: string;
} {
  return { statement: encodeBase64url(statement), signature: encodeBase64url(signature) };
}

/** @returns undefined when a part is missing or of another form. */
export function withdrawalFromJson(json: unknown): SignedWithdrawal | undefined {
  const object = asObject(json);
  const statement = asOctets(object?.statement);
  const signature = asOctets(object?.signature, SIGNATURE_SIZE);
  if (statement === undefined || signature === undefined) return undefined;
  return decodeWithdrawalStatement(statement) === undefined ? undefined : { statement, signature };
}

function checked(body: object, decode: (octets: Uint8Array) => unknown): Uint8Array {
  const octets = encodeBody(body);
  if (decode(octets) === undefined) throw new RangeError("body: a field is outside its form");
  return octets;
}
