# shellcheck shell=bash
# Private Redis and Memcached for one run: own free ports on loopback, nothing on disk, stopped at the end by their ids.
# Source it after lib.sh and postgres.sh (free_port).

# answers PORT: whether something listens there.
answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# store_start NAME PORT COMMAND…: starts a server and waits until it listens; sets STORE_PID.
store_start() {
  local name=$1 port=$2 i
  shift 2
  # Ends with this script even if that is killed.
  (
    cd "${TMPDIR:-/tmp}" || exit
    exec setpriv --pdeathsig TERM "$@"
  ) </dev/null >>"$LOGS/$name.log" 2>&1 &
  STORE_PID=$!
  for ((i = 0; i < 200; i++)); do
    kill -0 "$STORE_PID" 2>/dev/null || break
    if answers "$port"; then
      on_exit store_stop "$STORE_PID"
      echo "$name on 127.0.0.1:$port, process $STORE_PID"
      return 0
    fi
    sleep 0.05
  done
  store_stop "$STORE_PID"
  tail -n 20 "$LOGS/$name.log"
  return 1
}

store_stop() {
  kill -TERM "$1" 2>/dev/null || return 0
  wait "$1" 2>/dev/null || true
}

# redis_start: starts Redis and sets TEST_REDIS_URL. Tests that stop or flush one start their own.
redis_start() {
  local port
  have redis-server || return 1
  port=$(free_port)
  store_start redis "$port" redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no || return 1
  export TEST_REDIS_URL="redis://127.0.0.1:$port"
}

# memcached_start: starts Memcached and sets TEST_MEMCACHED_URL.
memcached_start() {
  local port
  have memcached || return 1
  port=$(free_port)
  # As root it wants to be told who to be.
  store_start memcached "$port" memcached -l 127.0.0.1 -p "$port" -U 0 -u nobody || return 1
  export TEST_MEMCACHED_URL="memcached://127.0.0.1:$port"
}
