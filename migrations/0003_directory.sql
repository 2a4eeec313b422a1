-- The number directory: which device is found by which number, without any number. A row can be found and opened
-- only with the number's tag, which only the relay's key, which is not in here, gives.

CREATE TABLE route (
  -- The key of the directory under which the number's tag was made (DIRECTORY_KEYS). While one key follows another,
  -- a device has a row under each.
  key_version INTEGER NOT NULL,
  -- 16 octets in hex, so that a bucket, all with one prefix, is a range of texts. HKDF of the number's tag.
  route_id TEXT NOT NULL CHECK (length(route_id) = 32),
  -- The consent under which it is listed.
  consent_id TEXT NOT NULL,
  -- Always `discovery`: the grant that the row stands on, and goes with.
  purpose TEXT NOT NULL CHECK (purpose = 'discovery'),
  -- The consent's notice, kept here so that a bucket reads one row an entry. A renewal changes both.
  notice_version INTEGER NOT NULL,
  -- The device's address and the day of the check, sealed under the number's tag; 96 octets, base64url.
  entry TEXT NOT NULL CHECK (length(entry) = 128),
  -- When the number's one-time code was answered, ms since 1970: a newer one supersedes.
  verified_at INTEGER NOT NULL,
  -- Since when the device is listed under this number, ms since 1970.
  listed_at INTEGER NOT NULL,
  PRIMARY KEY (key_version, route_id),
  UNIQUE (consent_id, key_version),
  FOREIGN KEY (consent_id, purpose) REFERENCES consent_purpose (consent_id, purpose) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Somebody has verified a number that another device is listed under, and waits to take its place. At most one a
-- route; a newer check of the number takes the place of an older claim.
CREATE TABLE route_claim (
  -- As in `route`, as are all columns but one.
  key_version INTEGER NOT NULL,
  -- The route that is claimed.
  route_id TEXT NOT NULL CHECK (length(route_id) = 32),
  -- The consent of the device that claims.
  consent_id TEXT NOT NULL,
  -- Always `discovery`.
  purpose TEXT NOT NULL CHECK (purpose = 'discovery'),
  -- The notice that the claiming device agreed to.
  notice_version INTEGER NOT NULL,
  -- The claiming device's address and day, sealed under the same tag.
  entry TEXT NOT NULL CHECK (length(entry) = 128),
  -- When the claiming device answered the code.
  verified_at INTEGER NOT NULL,
  -- When it claimed, ms since 1970.
  listed_at INTEGER NOT NULL,
  -- From when it is served in place of the route, ms since 1970.
  effective_at INTEGER NOT NULL,
  PRIMARY KEY (key_version, route_id),
  UNIQUE (consent_id, key_version),
  FOREIGN KEY (consent_id, purpose) REFERENCES consent_purpose (consent_id, purpose) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- So that claims that have come into effect are found without reading all of them.
CREATE INDEX route_claim_by_effective_at ON route_claim (effective_at);

-- How many routes there are under each key: the width of buckets follows it, and nobody counts rows for it.
CREATE TABLE directory_size (
  -- As in `route`.
  key_version INTEGER NOT NULL PRIMARY KEY,
  -- Rows of `route` under it.
  routes INTEGER NOT NULL CHECK (routes >= 0)
) STRICT;

CREATE TRIGGER route_is_counted
AFTER INSERT ON route
BEGIN
  INSERT INTO directory_size (key_version, routes) VALUES (NEW.key_version, 1)
    ON CONFLICT (key_version) DO UPDATE SET routes = routes + 1;
END;

-- Rows that go with their consent's purpose are deleted by cascade, which fires this too.
CREATE TRIGGER route_is_counted_off
AFTER DELETE ON route
BEGIN
  UPDATE directory_size SET routes = routes - 1 WHERE key_version = OLD.key_version;
END;

-- Whoever waits for a route gets it when it goes, whichever way it went: released, superseded, or withdrawn. Ignored
-- when they are listed otherwise: nothing may keep a withdrawal from its end.
CREATE TRIGGER route_goes_to_its_claim
AFTER DELETE ON route
BEGIN
  INSERT OR IGNORE INTO route (key_version, route_id, consent_id, purpose, notice_version, entry, verified_at, listed_at)
    SELECT key_version, route_id, consent_id, purpose, notice_version, entry, verified_at, listed_at
    FROM route_claim WHERE key_version = OLD.key_version AND route_id = OLD.route_id;
  DELETE FROM route_claim WHERE key_version = OLD.key_version AND route_id = OLD.route_id;
END;

-- The ledger learns a kind of event, `superseded`: somebody else has shown the number to be theirs, and the purpose
-- `discovery` ended. SQLite cannot change a CHECK, so the table is made again, with everything that guards it.
DROP TRIGGER consent_event_is_never_changed;
DROP TRIGGER consent_event_is_kept_until_its_time;
DROP TRIGGER consent_event_takes_no_used_key;
DROP TRIGGER consent_event_follows_the_one_before;
DROP INDEX consent_event_by_purge_after;
ALTER TABLE consent_event RENAME TO consent_event_before;

CREATE TABLE consent_event (
  -- The consent it tells of.
  consent_id TEXT NOT NULL,
  -- 0 for the first event of the consent, then one more each.
  position INTEGER NOT NULL CHECK (position >= 0),
  -- What happened.
  kind TEXT NOT NULL CHECK (kind IN ('granted', 'renewed', 'superseded', 'withdrawn')),
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

INSERT INTO consent_event (consent_id, position, kind, occurred_at, notice_hash, statement_hash, previous_hash,
    hash, purge_after)
  SELECT consent_id, position, kind, occurred_at, notice_hash, statement_hash, previous_hash, hash, purge_after
  FROM consent_event_before;

DROP TABLE consent_event_before;

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
