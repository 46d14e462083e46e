#!/usr/bin/env bash
# Real clients and a real browser against the built server. Arguments, if any, are the test files to run.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

if [[ -z ${KEYWRIGHT_BIN:-} ]]; then
  scripts/install.sh
  cargo build --locked --bins --examples
fi
export KEYWRIGHT_BIN=${KEYWRIGHT_BIN:-$TARGET/debug/keywright}
export KEYWRIGHT_EXAMPLES=${KEYWRIGHT_EXAMPLES:-$TARGET/debug/examples}
export SCREENSHOTS=${SCREENSHOTS:-$ROOT/target/screenshots}

node_tests=() python_tests=()
for file in "${@:-all}"; do
  case $file in
    all) node_tests=("$E2E"/*.test.mjs) python_tests=("$E2E"/*_test.py) ;;
    *.py) python_tests+=("$file") ;;
    *) node_tests+=("$file") ;;
  esac
done

status=0
if ((${#node_tests[@]} > 0)); then
  node --test --test-reporter=spec "${node_tests[@]}" || status=1
fi
if ((${#python_tests[@]} > 0)); then
  "$VENV/bin/python" -B -m pytest -p no:cacheprovider -q "${python_tests[@]}" || status=1
fi
exit "$status"
