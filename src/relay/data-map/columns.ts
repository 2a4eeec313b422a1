// Generated from migrations/ and src/relay/mailbox/schema.ts by `npm run data-map`: change the comments there.

/** Place → table → column → why it is there, in the words of the schema. */
export const COLUMNS: Record<"records" | "mailbox", Record<string, Record<string, string>>> = {
  records: {
    budget: {
      subject:
        "HMAC-SHA256, base64url, of what is counted and for whom: a number's hash, a network address, or everybody.",
      level:
        "What was in the bucket at `counted_at`, in parts of which a day has 86,400,000 to one use (src/relay/budgets/bucket.ts): so that whole numbers are exact to the millisecond.",
      counted_at: "When `level` was right, ms since 1970; it has filled since.",
      purge_after:
        "When it will have filled up, ms since 1970: from then on the row says nothing, and may be deleted.",
    },
    consent: {
      address: "The device: its public key, and the jurisdiction of its mailbox.",
      consent_id: "128 random bits that name this consent in ledger and receipts. A renewal keeps it.",
      controller: "Who answered for the data when the person agreed.",
      notice_version: "The notice agreed to.",
      notice_hash: "Its SHA-256: the exact text, not only its number.",
      jurisdiction: "Where the mailbox is held; empty for nowhere in particular.",
      method: "How the person was asked, as the device says it: `app`, `cli`.",
      statement: "The statement as the device signed it, so that the owner can check what is on record.",
      signature: "The device's Ed25519 signature over it.",
      statement_hash: "SHA-256 of the statement; tells a repeated grant from a new one.",
      granted_at: "When the relay took it, by the relay's clock.",
      receipt: "The consent receipt, so that a repeated grant is answered with the same bytes.",
      ask_mailbox_after:
        "From when the daily run asks its mailbox whether it is there, and ends the consent if not, ms since 1970. NULL once the mailbox has opened.",
    },
    consent_event: {
      place:
        "Its place in the whole ledger: 1 for the first event that there was, then one more each, without gaps.",
      consent_id: "The consent it tells of.",
      position: "0 for the first event of the consent, then one more each.",
      kind: "What happened: src/protocol/ledger/event.ts.",
      occurred_at: "When, by the relay's clock.",
      notice_hash: "Of a grant or renewal: SHA-256 of the notice agreed to.",
      statement_hash:
        "Of a grant or renewal: SHA-256 of the statement, which is salted, so it confirms no guess. Unique: a statement is used once, also after the consent that it made has ended.",
      previous_hash: "The hash of the consent's event before it; null for the first.",
      hash: "SHA-256 over a `restante/event/1` statement of the columns above but the first: src/protocol/ledger/event.ts.",
      purge_after: "From when it may be deleted, with its whole chain, if its consent is not in force.",
    },
    consent_purpose: {
      consent_id: "The consent it belongs to.",
      purpose: "One of the protocol's purposes; none implies another.",
      granted_at: "When the grant that carries it was taken.",
    },
    consent_receipt: {
      consent_id: "The consent that ended.",
      receipt: "Compact JWS. The first one made for a consent stays; a repeated end is answered with it.",
      purge_after: "From when it is no longer shown and is deleted.",
    },
    directory_size: {
      key_version: "As in `route`.",
      routes: "Rows of `route` under it.",
    },
    ledger_head: {
      day: "The UTC day, in days since 1970.",
      events:
        "How many events there had ever been, purged ones included: the last place that the head covers.",
      hash: "The link of that place: src/protocol/ledger/head.ts. Empty while there had been no event.",
      jws: "The head as it is published: compact JWS.",
    },
    ledger_purged: {
      place: "The event's place.",
      hash: "The event's hash. It covers a random consent id, so it confirms no guess.",
    },
    route: {
      key_version:
        "The key of the directory under which the number's tag was made (DIRECTORY_KEYS). While one key follows another, a device has a row under each.",
      route_id:
        "16 octets in hex, so that a bucket, all with one prefix, is a range of texts. HKDF of the number's tag.",
      consent_id: "The consent under which it is listed.",
      purpose: "Always `discovery`: the grant that the row stands on, and goes with.",
      notice_version:
        "The consent's notice, kept here so that a bucket reads one row an entry. A renewal changes both.",
      entry:
        "The device's address and the day of the check, sealed under the number's tag; 96 octets, base64url.",
      verified_at: "When the number's one-time code was answered, ms since 1970: a newer one supersedes.",
      listed_at: "Since when the device is listed under this number, ms since 1970.",
    },
    route_claim: {
      key_version: "As in `route`, as are all columns but one.",
      route_id: "The route that is claimed.",
      consent_id: "The consent of the device that claims.",
      purpose: "Always `discovery`.",
      notice_version: "The notice that the claiming device agreed to.",
      entry: "The claiming device's address and day, sealed under the same tag.",
      verified_at: "When the claiming device answered the code.",
      listed_at: "When it claimed, ms since 1970.",
      effective_at: "From when it is served in place of the route, ms since 1970.",
    },
    verified_number: {
      consent_id: "The consent under which it was verified; a later verification replaces the row.",
      purpose: "Always `number`: the grant that the row stands on, and goes with.",
      number_hash:
        "HMAC-SHA256 of the E.164 text, base64url: what budgets are counted under (src/relay/numbers/hash.ts).",
      verified_at: "When its one-time code was answered, ms since 1970.",
    },
  },
  mailbox: {
    mailbox: {
      id: "one row: this mailbox; no row and no table: absent",
      schema_step: "how many of the steps in schema.ts these tables went through",
      state: "withdrawing: closed for good, until the alarm has erased everything",
      consent_id: "the consent it is open under; keys the withdrawal",
      address: "whose mailbox: an object does not know its own name; the erasure receipt states it",
      notice_version: "the notice that was agreed to",
      epoch: "16 random octets; delivery tokens of another epoch do not open it",
      nonce: "the last one the device sent; only a greater one is taken",
      opened_at: "ms since 1970",
      withdrawn_at: "when the withdrawal began, ms since 1970; else NULL, as are the next four",
      erased_messages: "what the withdrawal erases, counted when it began: held messages,",
      erased_bytes: "their octets and those of revocable deposits,",
      erased_revocable_deposits: "revocable deposits and their marks,",
      erased_one_time_keys: "one-time keys",
      claim_day: "the UTC day of the last claim, in days since 1970",
      claims: "one-time keys given out on that day, last-resort ones included",
      claim_limit_reached_at: "when that last was as many as may be, ms since 1970; told until the day after",
      introductions: "1: strangers may begin, because the grant in force has the purpose discovery",
      erased_permits: "as the other erased_ columns: permits, ended ones included",
      seen_day: "the UTC day on which the device last used a nonce, in days since 1970",
      route_claim:
        "when another device takes over the route of this one's number, ms since 1970; NULL: none does",
      lapsed: "1: withdrawing because the device has not come by, and not because it said so",
      confirm_by:
        "while it opens, and lets nobody in yet: when it asks whether its consent is on record, ms since 1970; NULL: it has",
    },
    message: {
      id: "grows with time, never repeats (message-id.ts)",
      expires_at: "ms since 1970; from then on nobody is shown it",
      body: "the sealed envelope",
      introduced: "1: it came under a permit, and counts against what strangers may have here",
    },
    one_time_key: {
      id: "first 16 octets of the public key's SHA-256",
      public_key: "X-Wing, 1,216 octets",
      last_resort: "1: served again and again when no other is left",
      expires_at: "ms since 1970; not served from then on",
      signature: "the device's, over the key statement",
    },
    permit: {
      id: "the introduction's nonce, 16 random octets; says nothing about who holds it",
      envelopes: "deposited under it, revocable ones by key; never fewer again",
      expires_at: "ms since 1970",
      ended: "1: the delivery token was rotated; stays so that its token opens no other",
      key_public: "the one-time key that was claimed under it, to give it again; NULL: none yet",
      key_last_resort: "as in one_time_key; NULL with it, as are the next two",
      key_expires_at: "ms since 1970",
      key_signature: "the device's, over the key statement",
    },
    revocable_deposit: {
      id: "from the same sequence as message.id, so that both drain in one order",
      key: "16 octets, the sender's name for this deposit",
      expires_at: "ms since 1970; the row itself stays MARK_GRACE longer, as a mark",
      state: "first of delivered and revoked stays for good; expired may become revoked",
      body: "the sealed envelope while held; NULL in a mark",
      ended_at: "when it was delivered, revoked or expired, ms since 1970; NULL while held",
      unseen: "1: a mark of a key that was revoked before any deposit came under it",
      permit: "id of the permit that it came under, the only one that may ask and revoke; else NULL",
    },
  },
};
