#!/usr/bin/env bash
# The one command: installs what is missing, checks the sources, builds, tests on SQLite and on a private PostgreSQL,
# with private Redis and Memcached, drives the result with real clients and a real browser, stops what it started, and says what it skipped and why.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. scripts/postgres.sh
. scripts/stores.sh

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

stage install scripts/install.sh || { summary; exit 1; }
stage lint-files scripts/lint.sh files || true
stage lint-rust scripts/lint.sh rust || true
stage build cargo build --locked --bins --examples || { summary; exit 1; }

say "postgres"
if [[ -n ${TEST_POSTGRES_URL:-} ]]; then
  echo "the one of TEST_POSTGRES_URL"
elif ! postgres_start; then
  skip "tests on PostgreSQL" "no PostgreSQL 15 or later could be started"
fi
say "stores"
if [[ -n ${TEST_REDIS_URL:-} ]]; then
  echo "the Redis of TEST_REDIS_URL"
elif ! redis_start; then
  skip "tests on Redis" "no redis-server could be started"
fi
if [[ -n ${TEST_MEMCACHED_URL:-} ]]; then
  echo "the Memcached of TEST_MEMCACHED_URL"
elif ! memcached_start; then
  skip "tests on Memcached" "no memcached could be started"
fi
[[ -n ${E2E_POSTGRES_URL:-} ]] || skip "end-to-end tests on PostgreSQL" "E2E_POSTGRES_URL names no empty database"

# The same tests on either database; what asks for none of the two runs once.
stage cargo-test-sqlite env -u TEST_POSTGRES_URL cargo test --locked --no-fail-fast || true
if [[ -n ${TEST_POSTGRES_URL:-} ]]; then
  stage cargo-test-postgres cargo test --locked --no-fail-fast --test it -- --skip tidy:: --skip jose:: --skip config:: || true
fi

# What browsers do, with their sessions in each store. Without the database, a store still knows who is signed in.
for url in memory: ${TEST_REDIS_URL:-} ${TEST_MEMCACHED_URL:-}; do
  stage "cargo-test-sessions-${url%%:*}" env -u TEST_POSTGRES_URL TEST_STORE_URL="$url" \
    cargo test --locked --no-fail-fast --test it -- session:: logout:: pages:: authorize:: device:: \
    --skip a_database_that_is_gone || true
done

KEYWRIGHT_BIN=$TARGET/debug/keywright KEYWRIGHT_EXAMPLES=$TARGET/debug/examples \
  stage e2e scripts/e2e.sh || true

summary
