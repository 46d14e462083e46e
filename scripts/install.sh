#!/usr/bin/env bash
# Installs what the checks and tests need and this machine lacks: Debian packages, npm packages in
# tests/e2e/node_modules, Python packages in tests/e2e/.venv. Does nothing when all is there.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. scripts/postgres.sh

missing=()
need() { have "$1" || missing+=("$2"); }
need cc build-essential
need openssl openssl
need node nodejs
need npm npm
need python3 python3
need setpriv util-linux
need redis-server redis-server
need memcached memcached
have chromium || have chromium-browser || have google-chrome || missing+=(chromium)
! have python3 || python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
postgres_bin >/dev/null || missing+=(postgresql)
[[ -x /usr/sbin/nginx ]] || need nginx nginx-light
need caddy caddy

if ((${#missing[@]} > 0)); then
  have apt-get || die "install these first: ${missing[*]}"
  as_root=()
  if [[ $(id -u) != 0 ]]; then
    as_root=(sudo -n)
    sudo -n true 2>/dev/null || die "install these first, as root: apt-get install ${missing[*]}"
  fi
  echo "Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt() { "${as_root[@]}" apt-get -q -y -o Dpkg::Use-Pty=0 "$@"; }
  apt update
  # The packages of the proxies would start services on the default ports; the tests start their own.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
    on_exit "${as_root[@]}" rm -f "$policy"
  fi
  if [[ " ${missing[*]} " == *' postgresql '* ]]; then
    # The package would make and start a cluster on the default port; the tests start their own.
    apt install --no-install-recommends postgresql-common
    "${as_root[@]}" sed -i 's/^#* *create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  fi
  # The tests start servers of their own: those of the packages stay off.
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    policy=$(mktemp)
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    "${as_root[@]}" install -m 755 "$policy" /usr/sbin/policy-rc.d
    rm -f "$policy"
    on_exit "${as_root[@]}" rm -f /usr/sbin/policy-rc.d
  fi
  apt install --no-install-recommends "${missing[@]}"
fi

# same FILE STAMP: whether the stamp was written for this very content.
same() { [[ -f $2 && $(<"$2") == "$(sha256sum <"$1")" ]]; }

npm_stamp=$E2E/node_modules/.installed
if ! same "$E2E/package-lock.json" "$npm_stamp"; then
  npm ci --prefix "$E2E" --no-audit --no-fund
  sha256sum <"$E2E/package-lock.json" >"$npm_stamp"
fi

venv_stamp=$VENV/.installed
if ! same "$E2E/requirements.txt" "$venv_stamp"; then
  python3 -m venv --clear "$VENV"
  "$VENV/bin/pip" install --quiet --disable-pip-version-check --requirement "$E2E/requirements.txt"
  sha256sum <"$E2E/requirements.txt" >"$venv_stamp"
fi
echo "all there"
