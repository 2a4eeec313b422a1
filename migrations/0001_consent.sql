-- Consent: who agreed to what, when, under which notice. Binary values are base64url without padding;
-- times are ms since 1970.

-- The consents in force: one row a device. Ends with the consent; nothing that names a device outlives it.
CREATE TABLE consent (
  -- The device: its public key, and the jurisdiction of its mailbox.
  address TEXT NOT NULL PRIMARY KEY,
  -- 128 random bits that name this consent in ledger and receipts. A renewal keeps it.
  consent_id TEXT NOT NULL UNIQUE,
  -- Who answered for the data when the person agreed.
  controller TEXT NOT NULL,
  -- The notice agreed to.
  notice_version INTEGER NOT NULL,
  -- Its SHA-256: the exact text, not only its number.
  notice_hash TEXT NOT NULL,
  -- Where the mailbox is held; empty for nowhere in particular.
  jurisdiction TEXT NOT NULL,
  -- How the person was asked, as the device says it: `app`, `cli`.
  method TEXT NOT NULL,
  -- The statement as the device signed it, so that the owner can check what is on record.
  statement TEXT NOT NULL,
  -- The device's Ed25519 signature over it.
  signature TEXT NOT NULL,
  -- SHA-256 of the statement; tells a repeated grant from a new one.
  statement_hash TEXT NOT NULL UNIQUE,
  -- When the relay took it, by the relay's clock.
  granted_at INTEGER NOT NULL,
  -- The consent receipt, so that a repeated grant is answered with the same bytes.
  receipt TEXT NOT NULL
) STRICT;

-- What was agreed to: one row a purpose. What needs a purpose later points here and goes with it.
CREATE TABLE consent_purpose (
  -- The consent it belongs to.
  consent_id TEXT NOT NULL REFERENCES consent (consent_id) ON DELETE CASCADE,
  -- One of the protocol's purposes; none implies another.
  purpose TEXT NOT NULL CHECK (purpose IN ('messaging', 'number', 'discovery', 'wake-up', 'receipts')),
  -- When the grant that carries it was taken.
  granted_at INTEGER NOT NULL,
  PRIMARY KEY (consent_id, purpose)
) STRICT, WITHOUT ROWID;

-- The ledger: append-only, and without an address. Each event carries the hash of the one before it.
CREATE TABLE consent_event (
  -- The consent it tells of.
  consent_id TEXT NOT NULL,
  -- 0 for the first event of the consent, then one more each.
  position INTEGER NOT NULL CHECK (position >= 0),
  -- What happened.
  kind TEXT NOT NULL CHECK (kind IN ('granted', 'renewed', 'withdrawn')),
  -- When, by the relay's clock.
  occurred_at INTEGER NOT NULL,
  -- Of a grant or renewal: SHA-256 of the notice agreed to.
  notice_hash TEXT,
  -- Of a grant or renewal: SHA-256 of the statement, which is salted, so it confirms no guess. Unique: a
  -- statement is used once, also after the consent that it made has ended.
  statement_hash TEXT UNIQUE,
  -- The hash of the event before it; null for the first.
  previous_hash TEXT,
  -- SHA-256 over a `restante/event/1` statement of the columns above: see src/relay/consent/event.ts.
  hash TEXT NOT NULL UNIQUE,
  -- From when it may be deleted, if its consent is not in force.
  purge_after INTEGER NOT NULL,
  PRIMARY KEY (consent_id, position)
) STRICT, WITHOUT ROWID;

-- So that what is due is found without reading the whole ledger.
CREATE INDEX consent_event_by_purge_after ON consent_event (purge_after);

CREATE TRIGGER consent_event_is_never_changed
BEFORE UPDATE ON consent_event
BEGIN
  SELECT RAISE(ABORT, 'consent_event: append-only');
END;

CREATE TRIGGER consent_event_is_kept_until_its_time
BEFORE DELETE ON consent_event
WHEN OLD.purge_after > CAST(unixepoch('subsec') * 1000 AS INTEGER)
  OR EXISTS (SELECT 1 FROM consent WHERE consent_id = OLD.consent_id)
BEGIN
  SELECT RAISE(ABORT, 'consent_event: kept until purge_after, and while the consent is in force');
END;

-- INSERT OR REPLACE would delete the older row without firing the trigger above: refuse every taken key first.
CREATE TRIGGER consent_event_takes_no_used_key
BEFORE INSERT ON consent_event
WHEN EXISTS (SELECT 1 FROM consent_event WHERE consent_id = NEW.consent_id AND position = NEW.position)
  OR EXISTS (SELECT 1 FROM consent_event WHERE statement_hash = NEW.statement_hash)
  OR EXISTS (SELECT 1 FROM consent_event WHERE hash = NEW.hash)
BEGIN
  SELECT RAISE(ABORT, 'consent_event: key in use');
END;

-- A chain with a gap or a fork is refused where it is stored, not only where it is read.
CREATE TRIGGER consent_event_follows_the_one_before
BEFORE INSERT ON consent_event
WHEN NEW.previous_hash IS NOT (
  SELECT hash FROM consent_event WHERE consent_id = NEW.consent_id AND position = NEW.position - 1
)
BEGIN
  SELECT RAISE(ABORT, 'consent_event: previous_hash does not match');
END;

-- Erasure receipts, for a while after the end: a lost answer loses nothing. They name nobody.
CREATE TABLE consent_receipt (
  -- The consent that ended.
  consent_id TEXT NOT NULL PRIMARY KEY,
  -- Compact JWS. The first one made for a consent stays; a repeated end is answered with it.
  receipt TEXT NOT NULL,
  -- From when it is no longer shown and is deleted.
  purge_after INTEGER NOT NULL
) STRICT;

-- So that what is due is found without reading the whole table.
CREATE INDEX consent_receipt_by_purge_after ON consent_receipt (purge_after);
