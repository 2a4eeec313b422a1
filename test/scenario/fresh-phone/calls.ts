/** When each call is made. */
export const CALLS: Readonly<Record<string, string>> = {
  "GET /v1/notice": "when you open the notice; the only call before a yes",
  "POST /v1/consents": "when you say yes, or change what you said yes to",
  "DELETE /v1/consents/current": "when you leave",
  "GET /v1/receipts/:consentId": "the same, when the yes has ended already: for the receipt",
  "PUT /v1/mailbox/one-time-keys": "after a yes, and once a day",
  "GET /v1/mailbox": "at the start, and before the connection opens: how the mailbox stands",
  "POST /v1/mailbox/nonce": "at the start, so that an old copy of the device is found out",
  "GET /v1/mailbox/messages": "when texts are fetched without a lasting connection",
  "DELETE /v1/mailbox/messages": "when they have come",
  "GET /v1/mailbox/socket": "when the inbox opens: the lasting connection",
  "frame: acknowledge": "when a text has come over it",
  "frame: close": "when the inbox closes, or nothing more is to be sent",
  "POST /v1/mailbox/delivery-token": "when you block somebody: for another token",
  "GET /v1/mailbox/held": "when you ask what is held",
  "GET /v1/data-map": "with it: what it is for",
  "GET /v1/consents/events": "when you ask for your history",
  "GET /v1/receipts/:consentId/events": "the same, of a yes that has ended",
  "POST /v1/withdrawals": "when you close the mailbox of a device of yours that is lost",
  "POST /v1/mailboxes/:address/one-time-keys/claims": "before the first text to somebody's device",
  "POST /v1/mailboxes/:address/messages": "with each text, one for each device of the recipient",
  "PUT /v1/mailboxes/:address/messages/:key":
    "the same, with a text that may be taken back, or go by SMS instead",
  "GET /v1/mailboxes/:address/messages/:key": "when you ask what became of it",
  "DELETE /v1/mailboxes/:address/messages/:key": "when you take it back, or it shall go by SMS",
  "GET /v1/deposits":
    "when more than one text leaves at once: to a conversation, say. It names nobody, and ends soon",
  "frame: deposits":
    "with several texts over it, for one device of a recipient each; never for your own devices",
  "POST /v1/verifications": "when you verify your number, which has a purpose of its own",
  "POST /v1/verifications/:id": "when you type the code",
  "PUT /v1/directory/route":
    "when you let others find you, which has a purpose of its own: with a proof. By itself, with the number, once in a week at most, when the directory has a newer key and you are still listed under the old one alone",
  "GET /v1/directory/route": "now and then afterwards: whether you still are",
  "DELETE /v1/directory/route": "when you don't want to be found any more",
  "GET /v1/directory": "before a number is looked up",
  "POST /v1/directory/evaluations": "when a number is looked up, and your own once a week",
  "GET /v1/directory/:version/:prefix": "right after it",
  "POST /v1/introductions": "before the first text to somebody who was found by number",
  "GET /.well-known/jwks.json":
    "after a yes, when you leave, and when you ask for your history: the keys that the relay's receipts are checked with; also before a text goes by SMS, for the proof that it was taken back, and with `restante audit`",
  "GET /v1/ledger/heads": "with `restante audit`, which needs no device",
};

/** Calls that the relay takes as well and no device makes, and what they are for. */
export const NEVER_MADE: Readonly<Record<string, string>> = {
  "GET /v1/health": "for whoever runs the relay: whether it is up",
  "GET /v1/problems": "for people: what a problem's code means",
  "GET /v1/consents/current": "for other programs: a device of ours keeps its own receipt",
};
