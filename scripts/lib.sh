# shellcheck shell=bash disable=SC2034 # the scripts that source this use its variables
# What every script here shares: messages, stages with their time and counts, and a clean end.
# Source it from a script that has run `set -euo pipefail`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit

TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
LOGS=$ROOT/target/test-logs
E2E=$ROOT/tests/e2e
VENV=$E2E/.venv
mkdir -p "$LOGS"

PASSED=0 FAILED=0 SKIPPED=0
TIMINGS=() SKIPS=() FAILURES=() CLEANUPS=()
STAGE_PID=''

say() { printf '\n==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
in_ci() { [[ ${CI:-} == true ]]; }

# on_exit COMMAND…: run at the end, the latest first, however the script ends.
on_exit() { CLEANUPS+=("$(printf '%q ' "$@")"); }

finish() {
  local status=$? i
  trap - EXIT
  trap '' INT TERM
  stop_stage
  for ((i = ${#CLEANUPS[@]} - 1; i >= 0; i--)); do
    eval "${CLEANUPS[i]}" || true
  done
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Ends what is left of the running stage: its whole process group, by the id of its leader.
stop_stage() {
  if [[ -n $STAGE_PID ]]; then
    kill -TERM -- "-$STAGE_PID" 2>/dev/null || true
    STAGE_PID=''
  fi
}

# skip WHAT WHY: tells what is left out. In CI nothing may be.
skip() {
  SKIPS+=("$1: $2")
  printf 'skipped: %s: %s\n' "$1" "$2"
  ! in_ci || die "nothing may be skipped in CI"
}

# stage NAME COMMAND…: runs the command in its own process group, without input, keeps its output in a log,
# and adds up the closing lines of its test runners. Returns the command's own status.
stage() {
  local name=$1 log="$LOGS/$1.log" started=$SECONDS status=0 out tee_pid
  shift
  say "$name"
  exec {out}> >(tee "$log")
  tee_pid=$!
  # A background command of a script starts with SIGINT ignored, and would hand that on to what it tests.
  env --default-signal=INT,QUIT setpriv --pdeathsig TERM setsid "$@" >&"$out" 2>&1 </dev/null &
  STAGE_PID=$!
  exec {out}>&-
  wait "$STAGE_PID" || status=$?
  stop_stage
  wait "$tee_pid" || true
  count "$log"
  TIMINGS+=("$(printf '%5d s  %s' $((SECONDS - started)) "$name")")
  if ((status != 0)); then
    FAILURES+=("$name")
    printf '%s failed with status %d\n' "$name" "$status"
  fi
  return "$status"
}

# Sums cargo's, node's and pytest's closing lines of one log.
count() {
  local passed failed skipped
  read -r passed failed skipped < <(sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^test result: /               { p += $4; f += $6; s += $8; next }
    /^(# |ℹ )pass [0-9]+$/         { p += $3; next }
    /^(# |ℹ )(fail|cancelled) [0-9]+$/ { f += $3; next }
    /^(# |ℹ )(skipped|todo) [0-9]+$/   { s += $3; next }
    /^=+ .* in [0-9.]+s.* =+$/ || /^[0-9]+ (passed|failed).* in [0-9.]+s/ {
      for (i = 2; i <= NF; i++) {
        if ($i ~ /^passed/) p += $(i - 1)
        else if ($i ~ /^(failed|error)/) f += $(i - 1)
        else if ($i ~ /^(skipped|xfailed)/) s += $(i - 1)
      }
    }
    END { print p + 0, f + 0, s + 0 }')
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + skipped))
}

# summary: prints times, skips and the total; fails when a stage or a test failed, or when CI skipped a test.
summary() {
  say "summary"
  printf '%s\n' "${TIMINGS[@]}" "$(printf '%5d s  in all' "$SECONDS")"
  ((${#SKIPS[@]} == 0)) || printf 'skipped: %s\n' "${SKIPS[@]}"
  ((${#FAILURES[@]} == 0)) || printf 'failed: %s\n' "${FAILURES[@]}"
  # A stage can fail without a failed test (a lint, a crash): it counts as one failure.
  ((FAILED > 0 || ${#FAILURES[@]} == 0)) || FAILED=${#FAILURES[@]}
  if ((SKIPPED > 0)); then
    printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
  else
    printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
  fi
  ((SKIPPED == 0)) || ! in_ci || die "tests were skipped in CI"
  ((FAILED == 0))
}
