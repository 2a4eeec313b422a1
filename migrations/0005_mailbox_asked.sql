-- A consent whose mailbox never opened, because its device did not come back between the two, or whose mailbox is gone,
-- because this database was restored to an earlier moment, would stay for ever: lapsing is the mailbox's alarm.
ALTER TABLE consent ADD COLUMN
  -- From when the daily run asks its mailbox whether it is there, and ends the consent if not, ms since 1970. NULL once
  -- the mailbox has opened.
  ask_mailbox_after INTEGER;

-- So that those few are found without reading the whole table.
CREATE INDEX consent_by_ask_mailbox_after ON consent (ask_mailbox_after) WHERE ask_mailbox_after IS NOT NULL;

-- Nobody knows which of these have a mailbox: asked once, 181 days after they were granted.
UPDATE consent SET ask_mailbox_after = granted_at + 181 * 86400000;
