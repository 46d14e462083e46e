-- Admitted attempts under hashed names, the newest first. PostgreSQL keeps the table unlogged: after a crash of its
-- server the attempts of the last window are forgotten, and locks of accounts are not.
CREATE TABLE attempts (
  name TEXT PRIMARY KEY,
  log TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX attempts_expiry ON attempts (expires_at);
