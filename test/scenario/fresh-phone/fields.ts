/** What each field that leaves a device says, which form it has and no other, and where the relay keeps it. */

export interface Field {
  readonly form: RegExp;
  readonly what: string;
  /** Columns of the data map, `place.table.column`; none: it is used, and not kept. */
  readonly kept: readonly string[];
  /** It is the same for everybody who uses this relay and this program: it tells nobody apart. */
  readonly common?: true;
}

const common = (form: RegExp, what: string): Field => ({ form, what, kept: [], common: true });
const passing = (form: RegExp, what: string): Field => ({ form, what, kept: [] });
const kept = (form: RegExp, what: string, ...columns: string[]): Field => ({ form, what, kept: columns });

const ADDRESS = /^[\w-]{43}(\.[a-z]{2,8})?$/;
const OCTETS_16 = /^[\w-]{22}$/;
const OCTETS_32 = /^[\w-]{43}$/;
const OCTETS_64 = /^[\w-]{86}$/;
const TIME = /^1[0-9]{12}$/;
const CONSENT = "records.consent";
const MAILBOX = "mailbox.mailbox";

export const FIELDS: Readonly<Record<string, Field>> = {
  // Of the HTTP client.
  host: common(/^127\.0\.0\.1:[0-9]+$/, "The relay's own name."),
  connection: common(/^(keep-alive|upgrade)$/, "Whether the connection stays open, or becomes a WebSocket."),
  upgrade: common(/^websocket$/, "That it becomes a WebSocket."),
  accept: common(/^\*\/\*$/, "Any kind of answer."),
  "accept-language": common(
    /^(\*|[a-z]{2}(-[A-Z]{2})?(,.*)?)$/,
    "The languages that the notice may be in; by itself, any.",
  ),
  "accept-encoding": common(/^gzip, deflate$/, "How an answer may be packed."),
  "sec-fetch-mode": common(/^(cors|websocket)$/, "Fixed by the HTTP client."),
  "user-agent": common(
    /^node$/,
    "The name of the HTTP client, without a version; in a browser, the browser's own.",
  ),
  pragma: common(/^no-cache$/, "Fixed by the WebSocket client."),
  "cache-control": common(/^no-cache$/, "Fixed by the WebSocket client."),
  "content-type": common(/^application\/(json|octet-stream)$/, "Whether a body is JSON or sealed octets."),
  "content-length": common(/^[0-9]+$/, "The body's size; of a sealed text one of six sizes."),
  "sec-websocket-key": passing(/^[\w+/]{22}==$/, "Random, new for each connection."),
  "sec-websocket-version": common(/^13$/, "Fixed by RFC 6455."),
  "sec-websocket-extensions": common(
    /^permessage-deflate; client_max_window_bits$/,
    "Fixed by the WebSocket client.",
  ),
  "sec-websocket-protocol": common(/^restante(\.deposits)?\.v1$/, "The protocol's version."),
  // Of a signed request.
  signature: passing(/^restante=:[\w+/]{86}==:$/, "The device's signature over this request."),
  "signature-input: what is signed": common(
    /^restante=\("@method" "@target-uri"( "content-digest")?\)$/,
    "Which parts of the request the signature covers.",
  ),
  "signature-input: created": passing(/^1[0-9]{9}$/, "The device's clock, to the second."),
  "signature-input: keyid": kept(
    ADDRESS,
    "The device's address: its public key, made when the app was set up. Nothing else names the device.",
    `${CONSENT}.address`,
    `${MAILBOX}.address`,
  ),
  "signature-input: alg": common(/^ed25519$/, "The kind of signature."),
  "signature-input: tag": common(/^restante$/, "What the signature is for."),
  "signature-input: nonce": kept(
    /^[0-9]+$/,
    "A number that grows with each call that changes something.",
    `${MAILBOX}.nonce`,
  ),
  "content-digest": passing(/^sha-256=:[\w+/]{43}=:$/, "The hash of the body."),
  // The yes.
  "statement: address": kept(ADDRESS, "The device's address.", `${CONSENT}.address`, `${MAILBOX}.address`),
  "statement: noticeHash": {
    ...kept(OCTETS_32, "Which notice was agreed to.", `${CONSENT}.notice_hash`),
    common: true,
  },
  "statement: purposes": {
    ...kept(/^[a-z-]+(,[a-z-]+)*$/, "What was agreed to.", "records.consent_purpose.purpose"),
    common: true,
  },
  "statement: jurisdiction": {
    ...kept(/^([a-z]{2,8})?$/, "Where the mailbox shall be held; empty here.", `${CONSENT}.jurisdiction`),
    common: true,
  },
  "statement: method": {
    ...kept(/^(app|cli)$/, "How the person was asked.", `${CONSENT}.method`),
    common: true,
  },
  "statement: created": kept(
    TIME,
    "When the person said yes, by the device's clock.",
    `${CONSENT}.statement`,
  ),
  "statement: salt": kept(
    OCTETS_16,
    "Random, so that the ledger's hash confirms no guess.",
    `${CONSENT}.statement`,
  ),
  "statement: signature": kept(OCTETS_64, "The device's signature over the yes.", `${CONSENT}.signature`),
  // Keys that others seal to.
  "keys[].publicKey": kept(
    /^[\w-]{1622}$/,
    "A public key that others seal a first text with.",
    "mailbox.one_time_key.public_key",
  ),
  "keys[].lastResort": {
    ...kept(
      /^(true|false)$/,
      "Whether the key may be given out more than once.",
      "mailbox.one_time_key.last_resort",
    ),
    common: true,
  },
  "keys[].expires": kept(TIME, "When the key ends.", "mailbox.one_time_key.expires_at"),
  "keys[].signature": kept(
    OCTETS_64,
    "The device's signature over the key.",
    "mailbox.one_time_key.signature",
  ),
  // To somebody else's mailbox.
  "path: address": passing(
    ADDRESS,
    "The recipient's address: theirs, from the contact card or sealed in the directory. It stands beside nothing that names the sender.",
  ),
  "path: consentId": kept(
    OCTETS_16,
    "The random number of a yes that you gave, from its receipt.",
    `${CONSENT}.consent_id`,
    "records.consent_event.consent_id",
  ),
  "?from": passing(/^[0-9]+$/, "From which of its events on."),
  "path: key": kept(
    OCTETS_16,
    "Random: the sender's name for a text that may be taken back.",
    "mailbox.revocable_deposit.key",
  ),
  authorization: passing(
    /^Bearer [\w.~-]+$/,
    "What lets anybody deposit there: the recipient's delivery token, the same for all who have it; or an introduction, which is random.",
  ),
  "item: number": common(/^[0-9]+$/, "Counts the texts on one connection, so that each can be answered."),
  "item: address": passing(ADDRESS, "The recipient's address, as above."),
  "item: bearer": passing(/^[\w.~-]+$/, "What lets anybody deposit there, as above."),
  "item: key": kept(
    OCTETS_16,
    "Random: the sender's name for a text that may be taken back.",
    "mailbox.revocable_deposit.key",
  ),
  ttl: kept(
    /^[0-9]+$/,
    "Seconds for which the text may wait.",
    "mailbox.message.expires_at",
    "mailbox.revocable_deposit.expires_at",
  ),
  envelope: kept(
    /^([\w-]{2731}|[\w-]{5462}|[\w-]{10923}|[\w-]{21846}|[\w-]{43691}|[\w-]{87382})$/,
    "The sealed text, padded. Who sends it is inside. Kept only until it is acknowledged, and not at all when it is at once.",
    "mailbox.message.body",
    "mailbox.revocable_deposit.body",
  ),
  // From the own mailbox.
  "ticket: address": kept(ADDRESS, "The device's address.", `${MAILBOX}.address`),
  "ticket: origin": common(/^http:\/\/127\.0\.0\.1:[0-9]+$/, "The relay that the ticket is for."),
  "ticket: created": passing(TIME, "The device's clock."),
  "ticket: nonce": kept(/^[0-9]+$/, "As in a signed request.", `${MAILBOX}.nonce`),
  "ticket: signature": passing(OCTETS_64, "The device's signature over the ticket."),
  id: passing(/^[0-9]+$/, "The relay's own number of a text that the device has: it is erased."),
  "ids[]": passing(/^[0-9]+$/, "The relay's own numbers of texts that the device has: they are erased."),
  "close code": common(/^1000$/, "That the device closes the connection."),
  // The own number.
  number: passing(
    /^\+[0-9]{7,15}$/,
    "The own telephone number, in the clear: to have a code sent there. The relay passes it to whoever sends it and forgets it; a hash under a secret stays.",
  ),
  "path: id": kept(
    OCTETS_16,
    "The relay's random name for the verification.",
    "one-time-code.verifications.id",
  ),
  code: passing(/^[0-9A-Za-z]{4,10}$/, "The code that came; kept for minutes as a hash under a secret."),
  proof: passing(/^[\w-]+$/, "The relay's own sealed word, made minutes ago, that the number was verified."),
  // Other people's numbers.
  version: common(/^[0-9]+$/, "Which of the directory's keys is meant."),
  "path: version": common(/^[0-9]+$/, "Which of the directory's keys is meant."),
  "elements[]": passing(
    OCTETS_32,
    "A number that is looked up, or an introduction, blinded by a random factor: it says nothing about either.",
  ),
  "path: prefix": passing(
    /^[\w.-]+$/,
    "The first bits of a hash: one of many numbers. Sent without a name, but from the same internet address.",
  ),
};

/** When each call is made. */
export const CALLS: Readonly<Record<string, string>> = {
  "GET /v1/notice": "when you open the notice; the only call before a yes",
  "POST /v1/consents": "when you say yes, or change what you said yes to",
  "GET /.well-known/jwks.json":
    "after a yes, when you leave, and when you ask for your history: the keys that the relay's receipts are checked with",
  "DELETE /v1/consents/current": "when you leave",
  "PUT /v1/mailbox/one-time-keys": "after a yes, and once a day",
  "GET /v1/mailbox": "at the start, and before the connection opens: how the mailbox stands",
  "POST /v1/mailbox/nonce": "at the start, so that an old copy of the device is found out",
  "GET /v1/mailbox/messages": "when texts are fetched without a lasting connection",
  "DELETE /v1/mailbox/messages": "when they have come",
  "GET /v1/mailbox/socket": "when the inbox opens: the lasting connection",
  "frame: acknowledge": "when a text has come over it",
  "frame: close": "when the inbox closes, or nothing more is to be sent",
  "GET /v1/mailbox/held": "when you ask what is held",
  "GET /v1/data-map": "with it: what it is for",
  "GET /v1/consents/events": "when you ask for your history",
  "GET /v1/receipts/:consentId/events": "the same, of a yes that has ended",
  "POST /v1/mailboxes/:address/one-time-keys/claims": "before the first text to somebody's device",
  "POST /v1/mailboxes/:address/messages": "with each text, one for each device of the recipient",
  "PUT /v1/mailboxes/:address/messages/:key": "the same, with a text that may be taken back",
  "GET /v1/deposits":
    "when more than one text leaves at once: to a conversation, say. It names nobody, and ends soon",
  "frame: deposits":
    "with several texts over it, for one device of a recipient each; never for your own devices",
  "DELETE /v1/mailboxes/:address/messages/:key": "when you take it back",
  "POST /v1/verifications": "when you verify your number, which has a purpose of its own",
  "POST /v1/verifications/:id": "when you type the code",
  "PUT /v1/directory/route": "when you let others find you, which has a purpose of its own",
  "GET /v1/directory/route": "now and then afterwards: whether you still are",
  "GET /v1/directory": "before a number is looked up",
  "POST /v1/directory/evaluations": "when a number is looked up",
  "GET /v1/directory/:version/:prefix": "right after it",
  "POST /v1/introductions": "before the first text to somebody who was found by number",
};
