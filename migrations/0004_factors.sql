-- What people prove beside a password, and what they have begun and must finish soon in the same browser.

CREATE TABLE authenticator_apps (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  secret BYTEA NOT NULL,
  last_step BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  digest BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  spent_at BIGINT,
  PRIMARY KEY (user_id, digest)
);

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY,
  credential_id BYTEA NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  counter BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- People for whom a password alone is not enough anywhere.
CREATE TABLE mfa_required (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  since BIGINT NOT NULL
);

-- A sign-in that waits for its second step, an authenticator app being set up, a passkey ceremony.
CREATE TABLE challenges (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  browser BYTEA NOT NULL,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  user_epoch BIGINT,
  payload BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT
);
CREATE INDEX challenges_user ON challenges (user_id, kind);
CREATE INDEX challenges_expiry ON challenges (expires_at);

-- A username that somebody chooses must not be another's.
CREATE INDEX users_username ON users (lower(preferred_username));
