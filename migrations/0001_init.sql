-- One text for SQLite and Postgres: instants are seconds since 1970 in BIGINT, JSON is TEXT, digests are BYTEA.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  email_verified BOOLEAN NOT NULL,
  preferred_username TEXT,
  name TEXT,
  profile TEXT NOT NULL,
  roles TEXT NOT NULL,
  groups TEXT NOT NULL,
  password_hash TEXT,
  credential_epoch BIGINT NOT NULL,
  disabled_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  metadata TEXT NOT NULL,
  disabled_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE client_secrets (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  digest BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE INDEX client_secrets_client ON client_secrets (client_id);

CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  alg TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('announced', 'active', 'retiring')),
  private_key BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  activates_at BIGINT NOT NULL,
  retired_at BIGINT
);
-- Two nodes can never end with two active keys of one algorithm.
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (alg) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_one_announced ON signing_keys (alg) WHERE state = 'announced';

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  digest BYTEA NOT NULL,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  user_epoch BIGINT NOT NULL,
  auth_time BIGINT NOT NULL,
  acr TEXT NOT NULL,
  amr TEXT NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- A saved request of one browser: what it asked for, until login and consent are done.
CREATE TABLE interactions (
  id TEXT PRIMARY KEY,
  browser BYTEA NOT NULL,
  request TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT
);

CREATE INDEX interactions_expiry ON interactions (expires_at);

CREATE TABLE consents (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, client_id)
);

-- What a user allowed a client, once. The row is the lock, the code and the refresh family in one:
-- one live refresh token per grant is a property of the table.
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  user_epoch BIGINT NOT NULL,
  session_id TEXT,
  offline BOOLEAN NOT NULL,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  claims TEXT,
  nonce TEXT,
  auth_time BIGINT NOT NULL,
  acr TEXT NOT NULL,
  amr TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  purge_at BIGINT NOT NULL,
  revoked_at BIGINT,
  code_digest BYTEA,
  code_expires_at BIGINT,
  code_challenge TEXT,
  code_redirect_uri TEXT,
  code_spent_at BIGINT,
  refresh_digest BYTEA,
  refresh_expires_at BIGINT,
  refresh_rotated_at BIGINT,
  refresh_previous BYTEA,
  refresh_successor BYTEA
);
CREATE INDEX grants_user ON grants (user_id, client_id);
CREATE INDEX grants_session ON grants (session_id);
CREATE INDEX grants_purge ON grants (purge_at);

CREATE TABLE device_codes (
  id TEXT PRIMARY KEY,
  digest BYTEA NOT NULL,
  user_code TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  poll_interval BIGINT NOT NULL,
  polled_at BIGINT,
  decision TEXT CHECK (decision IN ('approved', 'denied')),
  user_id TEXT,
  user_epoch BIGINT,
  session_id TEXT,
  auth_time BIGINT,
  acr TEXT,
  amr TEXT,
  grant_id TEXT,
  spent_at BIGINT
);

CREATE INDEX device_codes_expiry ON device_codes (expires_at);

-- Access tokens refused before their `exp` (RFC 7009).
CREATE TABLE denied_tokens (
  jti TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

CREATE INDEX denied_tokens_expiry ON denied_tokens (expires_at);

CREATE TABLE setup_links (
  id TEXT PRIMARY KEY,
  digest BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  spent_at BIGINT
);
