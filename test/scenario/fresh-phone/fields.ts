/** What each field that leaves a device says, which form it has and no other, and where the relay keeps it. */
import { chosen, constant, type Field, own, theirs } from "./field.ts";

const ADDRESS = /^[\w-]{43}(\.[a-z]{2,8})?$/;
const OCTETS_16 = /^[\w-]{22}$/;
const OCTETS_32 = /^[\w-]{43}$/;
const OCTETS_64 = /^[\w-]{86}$/;
const TIME = /^1[0-9]{12}$/;
const COUNT = /^[0-9]+$/;
const LANGUAGE = /^(\*|[a-z]{2,3}(-[A-Za-z0-9]+)*)$/;

const CONSENT = "records.consent";
const EVENT = "records.consent_event";
const MAILBOX = "mailbox.mailbox";
const KEY = "mailbox.one_time_key";
const PERMIT = "mailbox.permit";
const HELD = "mailbox.message";
const REVOCABLE = "mailbox.revocable_deposit";
const VERIFICATION = "one-time-code.verifications";

const HASHED = "a hash under a secret";
const SUM = "in its SHA-256";

/** Wherever the device's own address stands, whichever call it came with. */
const OWN_ADDRESS = [
  `${CONSENT}.address`,
  `${CONSENT}.statement`,
  `${CONSENT}.receipt`,
  `${MAILBOX}.address`,
  `${VERIFICATION}.address`,
] as const;
const SEALED_ADDRESS = {
  "records.route.entry": "sealed under the own number, which opens it",
} as const;

const CONSENT_ID = [
  `${CONSENT}.consent_id`,
  `${CONSENT}.receipt`,
  "records.consent_purpose.consent_id",
  `${EVENT}.consent_id`,
  "records.consent_receipt.consent_id",
  "records.consent_receipt.receipt",
  `${MAILBOX}.consent_id`,
] as const;

const NONCE = { [`${MAILBOX}.seen_day`]: "the day" } as const;

export const FIELDS: Readonly<Record<string, Field>> = {
  // Of the HTTP client.
  host: constant(/^127\.0\.0\.1:[0-9]+$/, "The relay's own name."),
  connection: constant(
    /^(keep-alive|upgrade)$/,
    "Whether the connection stays open, or becomes a WebSocket.",
  ),
  upgrade: constant(/^websocket$/, "That it becomes a WebSocket."),
  accept: constant(/^\*\/\*$/, "Any kind of answer."),
  "accept-language": chosen(
    "*",
    LANGUAGE,
    "Any language; with the notice the one in which you asked to read it, and never the system's own.",
  ),
  "accept-encoding": constant(/^gzip, deflate$/, "How an answer may be packed."),
  "sec-fetch-mode": constant(/^(cors|websocket)$/, "Fixed by the HTTP client."),
  "user-agent": constant(
    /^node$/,
    "The name of the HTTP client, without a version; in a browser, the browser's own.",
  ),
  pragma: constant(/^no-cache$/, "Fixed by the WebSocket client."),
  "cache-control": constant(/^no-cache$/, "Fixed by the WebSocket client."),
  "content-type": constant(/^application\/(json|octet-stream)$/, "Whether a body is JSON or sealed octets."),
  "content-length": constant(
    COUNT,
    "The body's size, which follows from its fields; of a sealed text one of six sizes.",
  ),
  "sec-websocket-key": own(/^[\w+/]{22}==$/, "Random, new for each connection."),
  "sec-websocket-version": constant(/^13$/, "Fixed by RFC 6455."),
  "sec-websocket-extensions": constant(
    /^permessage-deflate; client_max_window_bits$/,
    "Fixed by the WebSocket client.",
  ),
  "sec-websocket-protocol": constant(/^restante(\.deposits)?\.v1$/, "The protocol's version."),
  // Of a signed request.
  signature: own(/^restante=:[\w+/]{86}==:$/, "The device's signature over this request."),
  "signature-input: what is signed": constant(
    /^restante=\("@method" "@target-uri"( "content-digest")?\)$/,
    "Which parts of the request the signature covers.",
  ),
  "signature-input: created": own(/^1[0-9]{9}$/, "The device's clock, to the second."),
  "signature-input: keyid": {
    ...own(
      ADDRESS,
      "The device's address: its public key, made when the app was set up. Nothing else names the device.",
      ...OWN_ADDRESS,
    ),
    made: SEALED_ADDRESS,
  },
  "signature-input: alg": constant(/^ed25519$/, "The kind of signature."),
  "signature-input: tag": constant(/^restante$/, "What the signature is for."),
  "signature-input: nonce": {
    ...own(COUNT, "A number that grows with each call that changes something.", `${MAILBOX}.nonce`),
    made: NONCE,
  },
  "content-digest": own(/^sha-256=:[\w+/]{43}=:$/, "The hash of the body."),
  // The yes.
  "statement: address": { ...own(ADDRESS, "The device's address.", ...OWN_ADDRESS), made: SEALED_ADDRESS },
  "statement: noticeHash": constant(
    OCTETS_32,
    "Which notice was agreed to.",
    `${CONSENT}.notice_hash`,
    `${CONSENT}.statement`,
    `${CONSENT}.receipt`,
    `${EVENT}.notice_hash`,
  ),
  "statement: purposes": chosen(
    "messaging",
    /^[a-z-]+(,[a-z-]+)*$/,
    "What was agreed to.",
    "records.consent_purpose.purpose",
    `${CONSENT}.statement`,
    `${CONSENT}.receipt`,
  ),
  "statement: jurisdiction": chosen(
    "",
    /^([a-z]{2,8})?$/,
    "Where the mailbox shall be held; empty here.",
    `${CONSENT}.jurisdiction`,
    `${CONSENT}.statement`,
    `${CONSENT}.receipt`,
  ),
  "statement: method": chosen(
    "app",
    /^(app|cli)$/,
    "How the person was asked.",
    `${CONSENT}.method`,
    `${CONSENT}.statement`,
    `${CONSENT}.receipt`,
  ),
  "statement: created": own(TIME, "When the person said yes, by the device's clock.", `${CONSENT}.statement`),
  "statement: salt": {
    ...own(OCTETS_16, "Random, so that the ledger's hash confirms no guess.", `${CONSENT}.statement`),
    made: { [`${CONSENT}.statement_hash`]: SUM, [`${EVENT}.statement_hash`]: SUM },
  },
  "statement: signature": own(
    OCTETS_64,
    "The device's signature over the yes.",
    `${CONSENT}.signature`,
    `${CONSENT}.receipt`,
  ),
  // A lost device's end.
  "withdrawal: address": theirs(ADDRESS, "The address of the device that is lost."),
  "withdrawal: consentId": own(
    OCTETS_16,
    "The random number of the yes that it ends, which stays in the ledger without an address.",
    ...CONSENT_ID,
  ),
  "withdrawal: signature": own(OCTETS_64, "The lost device's signature, made when it was linked."),
  // Keys that others seal to.
  "keys[].publicKey": {
    ...own(
      /^[\w-]{1622}$/,
      "A public key that others seal a first text with.",
      `${KEY}.public_key`,
      `${PERMIT}.key_public`,
    ),
    made: { [`${KEY}.id`]: "the first half of its SHA-256" },
  },
  "keys[].lastResort": {
    ...constant(/^(true|false)$/, "Whether the key may be given out more than once."),
    made: { [`${KEY}.last_resort`]: "1 or 0", [`${PERMIT}.key_last_resort`]: "1 or 0" },
  },
  "keys[].expires": own(TIME, "When the key ends.", `${KEY}.expires_at`, `${PERMIT}.key_expires_at`),
  "keys[].signature": own(
    OCTETS_64,
    "The device's signature over the key.",
    `${KEY}.signature`,
    `${PERMIT}.key_signature`,
  ),
  // To somebody else's mailbox.
  "path: address": theirs(
    ADDRESS,
    "The recipient's address: theirs, from the contact card or sealed in the directory. It stands beside nothing that names the sender.",
  ),
  "path: consentId": own(
    OCTETS_16,
    "The random number of a yes that you gave, from its receipt.",
    ...CONSENT_ID,
    "records.verified_number.consent_id",
    "records.route.consent_id",
  ),
  "?from": own(COUNT, "From which of its events on."),
  "?since": constant(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/, "From which day on: the first."),
  "?jurisdiction": chosen("", /^[a-z]{2,8}$/, "Whose ledger, if you said so."),
  "path: key": own(
    OCTETS_16,
    "Random: the sender's name for a text that may be taken back.",
    `${REVOCABLE}.key`,
  ),
  "delivery token: rootVersion": constant(COUNT, "Which of the relay's secrets made the token."),
  "delivery token: epoch": theirs(
    OCTETS_16,
    "What lets anybody deposit there: random, and the same for all to whom the recipient gave a card. The recipient's mailbox has it from its beginning.",
    `${MAILBOX}.epoch`,
  ),
  "delivery token: mac": own(
    OCTETS_32,
    "By what the relay knows its own token again; the same for all who have the card.",
  ),
  "introduction: keyVersion": constant(COUNT, "Which of the relay's keys made the introduction."),
  "introduction: nonce": own(
    OCTETS_16,
    "What lets somebody who knows the number begin: random, made for this recipient, and never sent before.",
    `${PERMIT}.id`,
    `${REVOCABLE}.permit`,
  ),
  "introduction: day": constant(/^[0-9]{5}$/, "The day on which it was made."),
  "introduction: output": own(
    OCTETS_64,
    "By what the relay knows its own introduction again, without knowing whom it gave it to.",
  ),
  "item: number": constant(COUNT, "Counts the texts on one connection, so that each can be answered."),
  "item: address": theirs(ADDRESS, "The recipient's address, as above."),
  "item: key": own(
    OCTETS_16,
    "Random: the sender's name for a text that may be taken back.",
    `${REVOCABLE}.key`,
  ),
  ttl: {
    ...own(COUNT, "Seconds for which the text may wait."),
    made: {
      [`${HELD}.expires_at`]: "when they are over",
      [`${REVOCABLE}.expires_at`]: "when they are over",
    },
  },
  envelope: own(
    /^([\w-]{2731}|[\w-]{5462}|[\w-]{10923}|[\w-]{21846}|[\w-]{43691}|[\w-]{87382})$/,
    "The sealed text, padded. Who sends it is inside. Kept only until it is acknowledged, and not at all when it is at once.",
    `${HELD}.body`,
    `${REVOCABLE}.body`,
  ),
  // From the own mailbox.
  "ticket: address": { ...own(ADDRESS, "The device's address.", ...OWN_ADDRESS), made: SEALED_ADDRESS },
  "ticket: origin": constant(/^http:\/\/127\.0\.0\.1:[0-9]+$/, "The relay that the ticket is for."),
  "ticket: created": own(TIME, "The device's clock."),
  "ticket: nonce": { ...own(COUNT, "As in a signed request.", `${MAILBOX}.nonce`), made: NONCE },
  "ticket: signature": own(OCTETS_64, "The device's signature over the ticket."),
  id: own(COUNT, "The relay's own number of a text that the device has: it is erased.", `${HELD}.id`),
  "ids[]": own(
    COUNT,
    "The relay's own numbers of texts that the device has: they are erased. The mark of one that could be taken back keeps its number.",
    `${HELD}.id`,
    `${REVOCABLE}.id`,
  ),
  "close code": constant(/^1000$/, "That the device closes the connection."),
  // The own number.
  number: {
    ...own(
      /^\+[0-9]{7,15}$/,
      "The own telephone number, in the clear: to have a code sent there, with the code, and once more when the directory has a new key. The relay passes it to whoever sends the code, and forgets it.",
    ),
    made: {
      "records.verified_number.number_hash": HASHED,
      "records.budget.subject": HASHED,
      "records.route.route_id": "the directory's blinded form of it",
    },
  },
  "path: id": own(OCTETS_16, "The relay's random name for the verification.", `${VERIFICATION}.id`),
  code: {
    ...own(/^[0-9A-Za-z]{4,10}$/, "The code that came."),
    made: { [`${VERIFICATION}.code`]: `for minutes, ${HASHED}` },
  },
  proof: own(/^[\w-]+$/, "The relay's own sealed word, made minutes ago, that the number was verified."),
  // Other people's numbers.
  version: constant(COUNT, "Which of the directory's keys is meant."),
  "path: version": constant(COUNT, "Which of the directory's keys is meant."),
  "elements[]": {
    ...own(
      OCTETS_32,
      "A number that is looked up, or an introduction, blinded by a random factor: it says nothing about either.",
    ),
    made: { "records.budget.level": "how many there were" },
  },
  "path: prefix": own(
    /^[\w.-]+$/,
    "The first bits of a hash: one of many numbers. Sent without a name, but from the same internet address.",
  ),
};
