/**
 * The mailbox's tables, as steps that are only ever appended to: an old mailbox wakes under new code and goes
 * through what it has not seen. Only open() makes tables; an absent mailbox that is woken stays without any.
 *
 * Comments go into the data map, and stay as they are, as the steps do: data-map/mailbox-entries.ts says better what one
 * of them says badly or, as of `address` and `seen_day`, wrongly.
 */

export const STEPS: readonly string[] = [
  `
  CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY CHECK (id = 1), -- one row: this mailbox; no row and no table: absent
    schema_step INTEGER NOT NULL,          -- how many of the steps in schema.ts these tables went through
    state TEXT NOT NULL                    -- withdrawing: closed for good, until the alarm has erased everything
      CHECK (state IN ('open', 'withdrawing')),
    consent_id TEXT NOT NULL,              -- the consent it is open under; keys the withdrawal
    address TEXT NOT NULL,                 -- whose mailbox: an object does not know its own name; the erasure receipt states it
    notice_version INTEGER NOT NULL,       -- the notice that was agreed to
    epoch BLOB NOT NULL,                   -- 16 random octets; delivery tokens of another epoch do not open it
    nonce INTEGER NOT NULL,                -- the last one the device sent; only a greater one is taken
    opened_at INTEGER NOT NULL,            -- ms since 1970
    withdrawn_at INTEGER,                  -- when the withdrawal began, ms since 1970; else NULL, as are the next four
    erased_messages INTEGER,               -- what the withdrawal erases, counted when it began: held messages,
    erased_bytes INTEGER,                  -- their octets and those of revocable deposits,
    erased_revocable_deposits INTEGER,     -- revocable deposits and their marks,
    erased_one_time_keys INTEGER           -- one-time keys
  ) STRICT;

  -- The hot path. No other index and no other key: 1 row written to hold a message, 1 to erase it.
  CREATE TABLE message (
    id INTEGER PRIMARY KEY,                -- grows with time, never repeats (message-id.ts)
    expires_at INTEGER NOT NULL,           -- ms since 1970; from then on nobody is shown it
    body BLOB NOT NULL                     -- the sealed envelope
  ) STRICT;

  CREATE TABLE revocable_deposit (
    id INTEGER PRIMARY KEY,                -- from the same sequence as message.id, so that both drain in one order
    key BLOB NOT NULL UNIQUE,              -- 16 octets, the sender's name for this deposit
    expires_at INTEGER NOT NULL,           -- ms since 1970; the row itself stays MARK_GRACE longer, as a mark
    state TEXT NOT NULL                    -- first of delivered and revoked stays for good; expired may become revoked
      CHECK (state IN ('held', 'delivered', 'revoked', 'expired')),
    body BLOB,                             -- the sealed envelope while held; NULL in a mark
    ended_at INTEGER,                      -- when it was delivered, revoked or expired, ms since 1970; NULL while held
    CHECK ((state = 'held') = (body IS NOT NULL))
  ) STRICT;

  CREATE TABLE one_time_key (
    id BLOB PRIMARY KEY,                   -- first 16 octets of the public key's SHA-256
    public_key BLOB NOT NULL,              -- X-Wing, 1,216 octets
    last_resort INTEGER NOT NULL,          -- 1: served again and again when no other is left
    expires_at INTEGER NOT NULL,           -- ms since 1970; not served from then on
    signature BLOB NOT NULL                -- the device's, over the key statement
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE revocable_deposit ADD COLUMN
    unseen INTEGER                         -- 1: a mark of a key that was revoked before any deposit came under it
      NOT NULL DEFAULT 0;
  `,
  // On the row that every call reads: a claim writes one row more, and nothing reads one more.
  `
  ALTER TABLE mailbox ADD COLUMN
    claim_day INTEGER                      -- the UTC day of the last claim, in days since 1970
      NOT NULL DEFAULT 0;
  ALTER TABLE mailbox ADD COLUMN
    claims INTEGER                         -- one-time keys given out on that day, last-resort ones included
      NOT NULL DEFAULT 0;
  ALTER TABLE mailbox ADD COLUMN
    claim_limit_reached_at INTEGER         -- when that last was as many as may be, ms since 1970; told until the day after
      DEFAULT NULL;
  `,
  `
  ALTER TABLE mailbox ADD COLUMN
    introductions INTEGER                  -- 1: strangers may begin, because the grant in force has the purpose discovery
      NOT NULL DEFAULT 0;
  ALTER TABLE mailbox ADD COLUMN
    erased_permits INTEGER                 -- as the other erased_ columns: permits, ended ones included
      DEFAULT NULL;
  ALTER TABLE message ADD COLUMN
    introduced INTEGER                     -- 1: it came under a permit, and counts against what strangers may have here
      NOT NULL DEFAULT 0;
  ALTER TABLE revocable_deposit ADD COLUMN
    permit BLOB                            -- id of the permit that it came under, the only one that may ask and revoke; else NULL
      DEFAULT NULL;

  -- What an introduction opened, for somebody who knows the number and was given no delivery token.
  CREATE TABLE permit (
    id BLOB PRIMARY KEY,                   -- the introduction's nonce, 16 random octets; says nothing about who holds it
    envelopes INTEGER NOT NULL,            -- deposited under it, revocable ones by key; never fewer again
    expires_at INTEGER NOT NULL,           -- ms since 1970
    ended INTEGER NOT NULL DEFAULT 0,      -- 1: the delivery token was rotated; stays so that its token opens no other
    key_public BLOB,                       -- the one-time key that was claimed under it, to give it again; NULL: none yet
    key_last_resort INTEGER,               -- as in one_time_key; NULL with it, as are the next two
    key_expires_at INTEGER,                -- ms since 1970
    key_signature BLOB                     -- the device's, over the key statement
  ) STRICT, WITHOUT ROWID;
  `,
  // On the row that using a nonce writes anyway.
  `
  ALTER TABLE mailbox ADD COLUMN
    seen_day INTEGER                       -- the UTC day on which the device last used a nonce, in days since 1970
      NOT NULL DEFAULT 0;
  ALTER TABLE mailbox ADD COLUMN
    route_claim INTEGER                    -- when another device takes over the route of this one's number, ms since 1970; NULL: none does
      DEFAULT NULL;
  `,
  `
  ALTER TABLE mailbox ADD COLUMN
    lapsed INTEGER                         -- 1: withdrawing because the device has not come by, and not because it said so
      NOT NULL DEFAULT 0;
  `,
  `
  ALTER TABLE mailbox ADD COLUMN
    confirm_by INTEGER                     -- while it opens, and lets nobody in yet: when it asks whether its consent is on record, ms since 1970; NULL: it has
      DEFAULT NULL;
  `,
];

/** Whether open() has made the tables. Reads only. */
export function isMade(sql: SqlStorage): boolean {
  return (
    sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'mailbox'").toArray().length > 0
  );
}

/** Runs the steps after the first `from`. The caller holds the transaction. */
export function runSteps(sql: SqlStorage, from: number, steps: readonly string[] = STEPS): void {
  for (const step of steps.slice(from)) sql.exec(step);
}
