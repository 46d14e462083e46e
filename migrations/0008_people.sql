-- What happened to accounts, how many notices were mailed of it, and changes of addresses.

-- Written in the transaction of its cause. Without a user: a sign-in to no account, or of an account that is gone.
CREATE TABLE events (
  id TEXT PRIMARY KEY,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  at BIGINT NOT NULL,
  event TEXT NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  client_id TEXT,
  request_id TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX events_user ON events (user_id, id);
CREATE INDEX events_at ON events (at);

-- How many mails of a class a user got on a day (days since 1970), so that nobody floods a mailbox through us.
CREATE TABLE notice_counts (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  class TEXT NOT NULL,
  day BIGINT NOT NULL,
  sent BIGINT NOT NULL,
  PRIMARY KEY (user_id, class)
);

-- An address that somebody wants in place of the one of today. The first digest is of the link to the new address, the
-- other two are of links to the old one: mailed at the request, and when the address was changed.
CREATE TABLE email_changes (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  user_epoch BIGINT NOT NULL,
  old_email TEXT NOT NULL,
  new_email TEXT NOT NULL,
  digest BYTEA NOT NULL,
  stop_digest BYTEA NOT NULL,
  revert_digest BYTEA,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revert_expires_at BIGINT NOT NULL,
  changed_at BIGINT,
  reverted_at BIGINT
);
CREATE INDEX email_changes_user ON email_changes (user_id, id);
CREATE INDEX email_changes_address ON email_changes (new_email, created_at);
CREATE INDEX email_changes_expiry ON email_changes (revert_expires_at);

-- The password is shorter than one that has to do without a second factor.
ALTER TABLE users ADD COLUMN short_password BOOLEAN NOT NULL DEFAULT FALSE;
