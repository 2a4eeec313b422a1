-- Numbers: that a device has shown one to be its own, and how often it was used. No number is in here, in no form
-- that the database alone could be asked about: both hashes are HMAC-SHA256 under secrets that are not in it.

-- One number a device, for as long as its purpose `number` is granted: goes with it, and with the consent.
CREATE TABLE verified_number (
  -- The consent under which it was verified; a later verification replaces the row.
  consent_id TEXT NOT NULL,
  -- Always `number`: the grant that the row stands on, and goes with.
  purpose TEXT NOT NULL CHECK (purpose = 'number'),
  -- HMAC-SHA256 of the E.164 text, base64url: what budgets are counted under (src/relay/numbers/hash.ts).
  number_hash TEXT NOT NULL,
  -- When its one-time code was answered, ms since 1970.
  verified_at INTEGER NOT NULL,
  PRIMARY KEY (consent_id),
  FOREIGN KEY (consent_id, purpose) REFERENCES consent_purpose (consent_id, purpose) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Token buckets: how much of something somebody may still do. They name no consent, so that leaving, new keys and
-- agreeing anew buy nothing. A full bucket says nothing and has no row: the daily run deletes what has filled up.
CREATE TABLE budget (
  -- HMAC-SHA256, base64url, of what is counted and for whom: a number's hash, a network address, or everybody.
  subject TEXT NOT NULL PRIMARY KEY,
  -- What was in the bucket at `counted_at`, in parts of which a day has 86,400,000 to one use
  -- (src/relay/budgets/bucket.ts): so that whole numbers are exact to the millisecond.
  level INTEGER NOT NULL CHECK (level >= 0),
  -- When `level` was right, ms since 1970; it has filled since.
  counted_at INTEGER NOT NULL,
  -- When it will have filled up, ms since 1970: from then on the row says nothing, and may be deleted.
  purge_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- So that what is due is found without reading the whole table.
CREATE INDEX budget_by_purge_after ON budget (purge_after);
