-- The ledger as a whole: so far each consent's events were chained, and nothing showed that a whole chain was gone. Each
-- event now has a place among all events, and a head signed each day covers all places so far. Kinds of events are told
-- apart further. SQLite cannot change a CHECK, so the table is made again, with everything that guards it.
DROP TRIGGER consent_event_is_never_changed;
DROP TRIGGER consent_event_is_kept_until_its_time;
DROP TRIGGER consent_event_takes_no_used_key;
DROP TRIGGER consent_event_follows_the_one_before;
DROP INDEX consent_event_by_purge_after;
ALTER TABLE consent_event RENAME TO consent_event_before;

CREATE TABLE consent_event (
  -- Its place in the whole ledger: 1 for the first event that there was, then one more each, without gaps.
  place INTEGER NOT NULL PRIMARY KEY CHECK (place > 0),
  -- The consent it tells of.
  consent_id TEXT NOT NULL,
  -- 0 for the first event of the consent, then one more each.
  position INTEGER NOT NULL CHECK (position >= 0),
  -- What happened: src/protocol/ledger/event.ts.
  kind TEXT NOT NULL CHECK (kind IN ('granted', 'renewed', 'narrowed', 'superseded', 'lapsed', 'withdrawn')),
  -- When, by the relay's clock.
  occurred_at INTEGER NOT NULL,
  -- Of a grant or renewal: SHA-256 of the notice agreed to.
  notice_hash TEXT,
  -- Of a grant or renewal: SHA-256 of the statement, which is salted, so it confirms no guess. Unique: a
  -- statement is used once, also after the consent that it made has ended.
  statement_hash TEXT UNIQUE,
  -- The hash of the consent's event before it; null for the first.
  previous_hash TEXT,
  -- SHA-256 over a `restante/event/1` statement of the columns above but the first: src/protocol/ledger/event.ts.
  hash TEXT NOT NULL UNIQUE,
  -- From when it may be deleted, with its whole chain, if its consent is not in force.
  purge_after INTEGER NOT NULL,
  UNIQUE (consent_id, position),
  CHECK ((position = 0) = (kind = 'granted'))
) STRICT;

-- In the order in which they happened, and never a consent's later event before an earlier one.
INSERT INTO consent_event (place, consent_id, position, kind, occurred_at, notice_hash, statement_hash, previous_hash,
    hash, purge_after)
  SELECT ROW_NUMBER() OVER (ORDER BY seen, position, consent_id), consent_id, position, kind, occurred_at, notice_hash,
    statement_hash, previous_hash, hash, purge_after
  FROM (SELECT *, MAX(occurred_at) OVER (PARTITION BY consent_id ORDER BY position) AS seen FROM consent_event_before);

DROP TABLE consent_event_before;

-- A chain is purged from its end: so that what is due is found without reading the whole ledger, nor again each day
-- the early events of consents that are still in force.
CREATE INDEX consent_event_end_by_purge_after ON consent_event (purge_after) WHERE kind IN ('lapsed', 'withdrawn');

-- What stays of a purged event: its place in the ledger is not empty, and the next head still follows from the last.
-- Goes when nothing else is left of what one head added, since the heads themselves then say enough.
CREATE TABLE ledger_purged (
  -- The event's place.
  place INTEGER NOT NULL PRIMARY KEY,
  -- The event's hash. It covers a random consent id, so it confirms no guess.
  hash TEXT NOT NULL
) STRICT;

-- The daily heads, signed and published: who keeps one can show that an event before it was changed or cut away.
CREATE TABLE ledger_head (
  -- The UTC day, in days since 1970.
  day INTEGER NOT NULL PRIMARY KEY,
  -- How many events there had ever been, purged ones included: the last place that the head covers.
  events INTEGER NOT NULL CHECK (events >= 0),
  -- The link of that place: src/protocol/ledger/head.ts. Empty while there had been no event.
  hash TEXT NOT NULL,
  -- The head as it is published: compact JWS.
  jws TEXT NOT NULL
) STRICT;

CREATE TRIGGER consent_event_is_never_changed
BEFORE UPDATE ON consent_event
BEGIN
  SELECT RAISE(ABORT, 'consent_event: append-only');
END;

-- A chain goes as a whole, and not before a head covers it.
CREATE TRIGGER consent_event_is_kept_until_its_time
BEFORE DELETE ON consent_event
WHEN EXISTS (SELECT 1 FROM consent_event
    WHERE consent_id = OLD.consent_id AND purge_after > CAST(unixepoch('subsec') * 1000 AS INTEGER))
  OR EXISTS (SELECT 1 FROM consent WHERE consent_id = OLD.consent_id)
  OR OLD.place > IFNULL((SELECT events FROM ledger_head ORDER BY day DESC LIMIT 1), 0)
BEGIN
  SELECT RAISE(ABORT, 'consent_event: kept until purge_after, while the consent is in force, and until a head covers it');
END;

CREATE TRIGGER consent_event_leaves_its_hash
AFTER DELETE ON consent_event
BEGIN
  INSERT INTO ledger_purged (place, hash) VALUES (OLD.place, OLD.hash);
END;

-- INSERT OR REPLACE would delete the older row without firing the triggers above: refuse every taken key first.
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

-- The newest event may have been purged, but not before a head covered it: places never come again.
CREATE TRIGGER consent_event_takes_the_next_place
BEFORE INSERT ON consent_event
WHEN NEW.place IS NOT 1 + MAX(
  IFNULL((SELECT MAX(place) FROM consent_event), 0),
  IFNULL((SELECT events FROM ledger_head ORDER BY day DESC LIMIT 1), 0)
)
BEGIN
  SELECT RAISE(ABORT, 'consent_event: not the next place');
END;

CREATE TRIGGER consent_event_ends_the_chain_once
BEFORE INSERT ON consent_event
WHEN EXISTS (SELECT 1 FROM consent_event WHERE consent_id = NEW.consent_id AND kind IN ('lapsed', 'withdrawn'))
BEGIN
  SELECT RAISE(ABORT, 'consent_event: the consent has ended');
END;

CREATE TRIGGER ledger_purged_is_never_changed
BEFORE UPDATE ON ledger_purged
BEGIN
  SELECT RAISE(ABORT, 'ledger_purged: append-only');
END;

CREATE TRIGGER ledger_head_is_never_changed
BEFORE UPDATE ON ledger_head
BEGIN
  SELECT RAISE(ABORT, 'ledger_head: append-only');
END;

CREATE TRIGGER ledger_head_is_never_deleted
BEFORE DELETE ON ledger_head
BEGIN
  SELECT RAISE(ABORT, 'ledger_head: append-only');
END;

-- Also refuses INSERT OR REPLACE of a day that has one.
CREATE TRIGGER ledger_head_follows_the_one_before
BEFORE INSERT ON ledger_head
WHEN EXISTS (SELECT 1 FROM ledger_head WHERE day >= NEW.day OR events > NEW.events)
BEGIN
  SELECT RAISE(ABORT, 'ledger_head: not after the newest');
END;
