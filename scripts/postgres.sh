# shellcheck shell=bash
# A private PostgreSQL for one run: own data directory, own free port on loopback, own superuser, stopped at the end.
# Source it after lib.sh.

# postgres_bin: prints the folder of the newest PostgreSQL of version 15 or later.
postgres_bin() {
  local dir major best='' best_major=14
  for dir in $(have postgres && dirname "$(readlink -f "$(command -v postgres)")") /usr/lib/postgresql/*/bin; do
    [[ -x $dir/postgres && -x $dir/initdb && -x $dir/pg_isready ]] || continue
    major=$("$dir/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
    if ((major > best_major)); then
      best=$dir best_major=$major
    fi
  done
  [[ -n $best ]] && echo "$best"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# postgres_start: starts the server, and sets TEST_POSTGRES_URL (tests make databases of their own there) and
# E2E_POSTGRES_URL (an empty database for the one server of the end-to-end tests that runs on PostgreSQL).
postgres_start() {
  local bin dir port i
  # Ends with this script even if that is killed.
  local as=(setpriv --pdeathsig INT)
  bin=$(postgres_bin) || return 1
  dir=$(mktemp -d "${TMPDIR:-/tmp}/keywright-postgres.XXXXXX")
  on_exit rm -rf "$dir"
  if [[ $(id -u) == 0 ]]; then
    # PostgreSQL refuses to run as root.
    local user=nobody
    ! id postgres >/dev/null 2>&1 || user=postgres
    as+=("--reuid=$(id -u "$user")" "--regid=$(id -g "$user")" --clear-groups)
    chown "$user" "$dir"
  fi
  (
    cd "$dir" || exit
    "${as[@]}" env -u CI HOME="$dir" "$bin/initdb" --pgdata="$dir/data" --username=keywright --auth=trust \
      --encoding=UTF8 --locale=C.UTF-8 --no-instructions
  ) >"$LOGS/postgres-initdb.log" 2>&1 || { cat "$LOGS/postgres-initdb.log"; return 1; }
  # Without fsync: every test makes a database of its own, and no test takes the power away.
  for _ in 1 2 3; do
    port=$(free_port)
    (
      cd "$dir" || exit
      exec "${as[@]}" env HOME="$dir" "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c max_connections=300 -c fsync=off -c log_min_messages=fatal
    ) </dev/null >>"$LOGS/postgres.log" 2>&1 &
    POSTGRES_PID=$!
    for ((i = 0; i < 300; i++)); do
      kill -0 "$POSTGRES_PID" 2>/dev/null || break
      if "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U keywright -d postgres; then
        on_exit postgres_stop "$POSTGRES_PID"
        export TEST_POSTGRES_URL="postgres://keywright@127.0.0.1:$port/postgres"
        "$bin/createdb" -h 127.0.0.1 -p "$port" -U keywright e2e
        export E2E_POSTGRES_URL="postgres://keywright@127.0.0.1:$port/e2e"
        echo "$("$bin/postgres" --version) on 127.0.0.1:$port, process $POSTGRES_PID"
        return 0
      fi
      sleep 0.1
    done
    kill -INT "$POSTGRES_PID" 2>/dev/null || true
    wait "$POSTGRES_PID" 2>/dev/null || true
  done
  tail -n 20 "$LOGS/postgres.log"
  return 1
}

# Fast shutdown: ends open connections.
postgres_stop() {
  kill -INT "$1" 2>/dev/null || return 0
  wait "$1" 2>/dev/null || true
}
