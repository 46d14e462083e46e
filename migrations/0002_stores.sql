-- Short-lived state under hashed names: a sealed value, or a number of hits. Expired rows are purged.
CREATE TABLE ephemeral (
  name TEXT PRIMARY KEY,
  value BYTEA NOT NULL,
  hits BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX ephemeral_expiry ON ephemeral (expires_at);
