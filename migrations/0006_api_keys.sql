-- Long-lived secrets for programs. A key has one owner, a user or a client, and is for one resource.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  digest BYTEA NOT NULL,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  user_disablings BIGINT,
  client_id TEXT REFERENCES clients (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  scope TEXT NOT NULL,
  resource TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT,
  last_used_ip TEXT,
  CHECK ((user_id IS NULL) <> (client_id IS NULL))
);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE INDEX api_keys_client ON api_keys (client_id);
CREATE INDEX api_keys_expiry ON api_keys (expires_at);

-- Counts how often the user was disabled: what was made before stays void when the user is enabled again.
ALTER TABLE users ADD COLUMN disablings BIGINT NOT NULL DEFAULT 0;
