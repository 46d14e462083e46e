#!/usr/bin/env bash
# Every check that runs no product code. `lint.sh rust` and `lint.sh files` run one half.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

lint_rust() {
  cargo fmt --check
  cargo clippy --locked --all-targets -- -D warnings
  # A resource server takes the library without what only the server needs.
  cargo clippy --locked --lib --no-default-features --features resource -- -D warnings
  local server_only='sqlx|askama|argon2|bcrypt|redis|async-memcached|lettre|webauthn-rs|oxide-auth|rsa|clap'
  if cargo tree --locked -e normal --no-default-features --features resource --prefix none | grep -E "^($server_only) "; then
    die "the feature \`resource\` brings a dependency of the server"
  fi
  if cargo deny --version >/dev/null 2>&1; then
    # Advisories need a database from outside: `cargo deny check advisories`.
    cargo deny --locked check bans licenses sources
  else
    echo "cargo-deny is not installed: deny.toml is not checked here"
  fi
}

lint_files() {
  [[ -x $VENV/bin/yamllint ]] || scripts/install.sh
  local compose=docker-compose.yml file
  "$VENV/bin/shellcheck" --external-sources --source-path=SCRIPTDIR .ci/run scripts/*.sh
  "$VENV/bin/yamllint" --strict -d '{extends: default, rules: {line-length: {max: 130}, document-start: disable}}' "$compose"
  "$VENV/bin/check-jsonschema" --builtin-schema vendor.compose-spec "$compose"
  "$VENV/bin/hadolint" Dockerfile
  for file in "$E2E"/*.mjs; do
    node --check "$file"
  done
  if grep -nE '"resolved"' "$E2E/package-lock.json"; then
    die "package-lock.json names download addresses: write it with npm's omit-lockfile-registry-resolved"
  fi
  echo "scripts, containers and lock files are clean"
}

case ${1:-all} in
  rust) lint_rust ;;
  files) lint_files ;;
  all)
    lint_rust
    lint_files
    ;;
  *) die "usage: lint.sh [rust|files]" ;;
esac
