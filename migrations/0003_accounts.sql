-- What was sent and not yet delivered, failed passwords, and the one-time links of mails.

-- Mails to be sent. The content is encrypted: it holds links that are still good.
CREATE TABLE mail_outbox (
  id TEXT PRIMARY KEY,
  sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL
);
CREATE INDEX mail_outbox_due ON mail_outbox (due_at);
CREATE INDEX mail_outbox_expiry ON mail_outbox (expires_at);

-- A link is for one purpose, address and user, and void once a credential of the user changes.
CREATE TABLE mail_links (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('reset', 'unlock', 'verify', 'sign_up', 'invite')),
  digest BYTEA NOT NULL,
  email TEXT NOT NULL,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  user_epoch BIGINT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT
);
CREATE INDEX mail_links_email ON mail_links (email, purpose, created_at);
CREATE INDEX mail_links_user ON mail_links (user_id);
CREATE INDEX mail_links_expiry ON mail_links (expires_at);

-- Wrong passwords in a row. The subject is a user, a known device of one, or empty for everybody who does not exist.
CREATE TABLE password_failures (
  subject TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  failed_at BIGINT NOT NULL,
  locked_at BIGINT
);
CREATE INDEX password_failures_time ON password_failures (failed_at);
