#!/usr/bin/env bash
# Measures speed and size of the `dist` build, which is what the container image has, on SQLite and on a private
# PostgreSQL with its defaults, and with sessions in each store, against `openssl speed`, the bare password hash and a
# floor, an axum server that does the least that each answer needs, in the same run. Takes a quarter of an hour after the
# build; with BENCH_QUICK=1, four minutes with few tokens. Writes target/bench/report.md. Fails when the machine did not
# keep its speed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. scripts/postgres.sh
. scripts/stores.sh

have openssl || die "openssl is needed: its signing speed is what the server is compared with"

say "build"
cargo bench --locked --profile dist --bench server --no-run

rm -rf "$TARGET/bench"
mkdir -p "$TARGET/bench"
arguments=(--folder "$TARGET/bench")
[[ -z ${BENCH_QUICK:-} ]] || arguments+=(--quick)

say "postgres"
export POSTGRES_FSYNC=on
if postgres_start; then
  arguments+=(--postgres "$TEST_POSTGRES_URL" --postmaster "$POSTGRES_PID")
else
  skip "figures on PostgreSQL" "no PostgreSQL 15 or later could be started"
fi

say "stores"
if redis_start; then
  arguments+=(--redis "$TEST_REDIS_URL")
else
  skip "figures on Redis" "no redis-server could be started"
fi
if memcached_start; then
  arguments+=(--memcached "$TEST_MEMCACHED_URL")
else
  skip "figures on Memcached" "no memcached could be started"
fi

stage bench cargo bench --locked --profile dist --bench server -- "${arguments[@]}"
