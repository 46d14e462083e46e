-- Token status lists: an index for each grant and each token of a client, so that resource servers hear of an end.
ALTER TABLE grants ADD COLUMN status_index BIGINT;
ALTER TABLE denied_tokens ADD COLUMN status_index BIGINT;

-- Indexes that a server has taken to hand them out: to grants of users, or to tokens of one client. The newest row
-- stays, as the next one begins where it ends.
CREATE TABLE status_blocks (
  first_index BIGINT PRIMARY KEY,
  last_index BIGINT NOT NULL,
  client_id TEXT,
  needed_until BIGINT NOT NULL
);
CREATE INDEX status_blocks_needed ON status_blocks (needed_until);
CREATE INDEX status_blocks_client ON status_blocks (client_id) WHERE client_id IS NOT NULL;

-- Indexes of users and clients that were removed with all their rows, while tokens with these indexes may be about.
CREATE TABLE status_marks (
  first_index BIGINT PRIMARY KEY,
  last_index BIGINT NOT NULL,
  needed_until BIGINT NOT NULL
);
CREATE INDEX status_marks_needed ON status_marks (needed_until);

-- What has ended lately is found without looking at all grants. No rotation touches these columns.
CREATE INDEX grants_revoked ON grants (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX users_updated ON users (updated_at);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX clients_disabled ON clients (disabled_at) WHERE disabled_at IS NOT NULL;

-- Grants that are there already: tokens that they give from now on have an index too.
UPDATE grants SET status_index = n.position
FROM (SELECT id AS grant_id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS position FROM grants) AS n
WHERE n.grant_id = grants.id;
INSERT INTO status_blocks (first_index, last_index, client_id, needed_until)
SELECT 0, m.last_index, NULL, m.needed_until
FROM (SELECT MAX(status_index) AS last_index, MAX(expires_at) + 3600 AS needed_until FROM grants) AS m
WHERE m.last_index IS NOT NULL;
