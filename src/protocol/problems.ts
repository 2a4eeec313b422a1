import type { Problem, ProblemCode } from "./problem-codes.ts";

/**
 * Every error that a client can meet, as RFC 9457 problem details: the one table. `code` is stable and is the
 * last part of `type`; `detail` says what to do. None tells whether a stranger's mailbox or consent exists:
 * whatever is wrong with a delivery token, its mailbox or its consent, the answer is `not-authorized`.
 */
export const PROBLEMS = {
  "malformed-request": [
    400,
    "Malformed request",
    "The request does not have the form that docs/protocol.md gives it.",
  ],
  "malformed-json": [400, "Malformed JSON", "The body is not JSON. Send an object as UTF-8 JSON."],
  "malformed-address": [
    400,
    "Malformed address",
    "An address is 43 characters of base64url in canonical form, and a dot and a jurisdiction if it has one.",
  ],
  "malformed-key": [
    400,
    "Malformed deposit key",
    "The key of a revocable deposit is 16 random octets in base64url: 22 characters.",
  ],
  "malformed-number": [
    400,
    "Malformed telephone number",
    "A number is in E.164 form, a plus and 7 to 15 digits, and one that its country's numbering plan knows.",
  ],
  "malformed-element": [
    400,
    "Malformed element",
    "An element is the canonical encoding of a ristretto255 element that is not the identity, in base64url.",
  ],
  "ttl-missing": [
    400,
    "TTL missing",
    "Send a TTL header with the seconds that the message may be held (RFC 8030).",
  ],
  "ttl-invalid": [
    400,
    "TTL invalid",
    "TTL is a whole number of seconds from 0 to 2147483647; it is granted up to the relay's ceiling.",
  ],
  "not-sealed": [
    400,
    "Not a sealed envelope",
    "A mailbox takes sealed envelopes only: version 1, padded to 2, 4, 8, 16, 32 or 64 KiB.",
  ],
  "statement-invalid": [
    400,
    "Consent statement invalid",
    "The statement is not the signed consent of the device that sends it. Make and sign a new one.",
  ],
  "statement-expired": [
    400,
    "Consent statement expired",
    "The statement was not made just now. Ask again and sign a new one; check the device's clock.",
  ],
  "withdrawal-invalid": [
    400,
    "Withdrawal statement invalid",
    "This is not a withdrawal that its device signed. Nobody but the device can make one.",
  ],
  "jurisdiction-unavailable": [
    400,
    "Jurisdiction unavailable",
    "This relay cannot hold a mailbox there. GET /v1/notice lists where it can.",
  ],
  "signature-missing": [401, "Signature missing", "Sign the request with the device's key (RFC 9421)."],
  "signature-invalid": [
    401,
    "Signature invalid",
    "The signature does not cover what it must, or was not made by this address over this request.",
  ],
  "signature-expired": [
    401,
    "Signature expired",
    "The signature was not made just now. Check the device's clock and sign again.",
  ],
  "digest-mismatch": [
    401,
    "Content digest mismatch",
    "Content-Digest is not the SHA-256 of the body that arrived (RFC 9530).",
  ],
  "ticket-invalid": [
    401,
    "Ticket invalid",
    "The socket ticket is not a fresh one of this device for this relay. Make a new one.",
  ],
  "not-authorized": [
    401,
    "Not authorized",
    "This token does not open this mailbox. Ask the recipient for a contact card, or look the number up anew.",
  ],
  "purpose-not-granted": [
    403,
    "Purpose not granted",
    "This device has not agreed to this purpose. Ask the person, and grant it.",
  ],
  "number-not-verified": [
    403,
    "Number not verified",
    "Verify your own number first: look-ups are counted for it.",
  ],
  "proof-invalid": [
    403,
    "Number proof invalid",
    "This does not show that the number is this device's just now. Verify it again.",
  ],
  "country-not-served": [
    403,
    "Country not served",
    "This relay sends no codes to numbers of this country or kind.",
  ],
  "code-wrong": [
    403,
    "Wrong code",
    "This is not the code that was sent. Type it again; after five wrong ones, ask for another.",
  ],
  "not-found": [404, "Not found", "There is nothing at this path."],
  "no-consent": [
    404,
    "No consent",
    "No consent of this device is in force. Read the notice and agree first.",
  ],
  "no-receipt": [404, "No receipt", "No receipt is kept under this consent id."],
  "no-deposit": [404, "No such deposit", "No deposit under this key is known, or its mark has ended."],
  "no-one-time-key": [
    404,
    "No one-time key",
    "The device has no key left to found a channel on. It makes new ones when it next connects.",
  ],
  "no-directory": [404, "No directory", "This relay has no number directory."],
  "no-bucket": [
    404,
    "No such bucket",
    "The directory has no such key, or no buckets of this width. Read GET /v1/directory again.",
  ],
  "no-verification": [
    404,
    "No such verification",
    "No verification of this number by this device is under way. Ask for a code.",
  ],
  "notice-superseded": [
    409,
    "Notice superseded",
    "What was agreed to is not the notice in force, or no longer says all that it does. Read GET /v1/notice and ask again.",
  ],
  "consent-used": [
    409,
    "Consent already used",
    "This statement opened a mailbox before. Ask again and sign a new one.",
  ],
  "withdrawal-in-progress": [
    409,
    "Withdrawal in progress",
    "The mailbox is being erased. Try again in a moment with a new statement.",
  ],
  "nonce-used": [409, "Nonce used", "The nonce must be greater than any that this device sent before."],
  "already-delivered": [
    409,
    "Already delivered",
    "The recipient acknowledged the message before it was revoked.",
  ],
  "proof-superseded": [
    409,
    "Number proof superseded",
    "The number was verified later than this proof. Verify it again.",
  ],
  "too-large": [413, "Too large", "The body is larger than this path takes."],
  "unsupported-media-type": [
    415,
    "Unsupported media type",
    "Send application/octet-stream for an envelope and application/json for everything else.",
  ],
  "upgrade-required": [
    426,
    "Upgrade required",
    "Open a WebSocket here, with the subprotocols that docs/protocol.md names.",
  ],
  "mailbox-full": [
    429,
    "Mailbox full",
    "The mailbox holds as much as it may. Try again when the recipient has been online.",
  ],
  "claim-limit": [
    429,
    "Claim limit reached",
    "As many one-time keys as may be were given out here today. Try again after midnight, UTC.",
  ],
  "budget-spent": [
    429,
    "Budget spent",
    "As much as may be was asked for some time. Try again when Retry-After says, or with less at once.",
  ],
  "resend-too-soon": [
    429,
    "Too soon for another code",
    "A code was sent just now. Wait for it, or ask for another when Retry-After says.",
  ],
  "rate-limited": [429, "Too many requests", "Slow down and try again in a minute."],
  internal: [
    500,
    "Internal error",
    "The relay failed. What was not answered with success may be tried again without harm.",
  ],
  unavailable: [503, "Unavailable", "The relay could not store or read just now. Try again without harm."],
} as const satisfies Record<ProblemCode, readonly [status: number, title: string, detail: string]>;

/** Path of the table itself, which `type` points into. */
const TABLE = "/v1/problems";

export function problem(code: ProblemCode): Problem {
  const [status, title, detail] = PROBLEMS[code];
  return { type: `${TABLE}#${code}`, title, status, detail, code };
}
