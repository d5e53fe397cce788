#!/bin/sh
# Makes what compose.yaml needs and git must not have: secrets, state and data folders, and .env with the user that all
# containers run as. Run again, it keeps everything that is there. No secret is printed.
set -eu
cd "$(dirname "$0")"
umask 077
uid=${CONSILIUM_UID:-$(id -u)}
gid=${CONSILIUM_GID:-$(id -g)}
if [ "$uid" -eq 0 ]; then
  printf '%s\n' 'Not for root: run this as the user that is to own state and secrets, or set CONSILIUM_UID and CONSILIUM_GID.' >&2
  exit 1
fi
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
secret() { [ -s "$1" ] || random > "$1"; }

mkdir -p secrets/coordinator state/coordinator
for site in a b c d; do mkdir -p "secrets/site-$site" "state/site-$site" "data/$site"; done
secret secrets/postgres_password
secret secrets/grafana_password
[ -s secrets/coordinator/database.url ] ||
  printf 'postgres://consilium:%s@postgres:5432/consilium\n' "$(cat secrets/postgres_password)" > secrets/coordinator/database.url
# Prometheus may read the coordinator's metrics once a token is put here: see README.md.
[ -e secrets/metrics_token ] || : > secrets/metrics_token
printf 'CONSILIUM_UID=%s\nCONSILIUM_GID=%s\nTZ=%s\n' "$uid" "$gid" "${TZ:-UTC}" > .env
[ "$(id -u)" -ne 0 ] || chown -R "$uid:$gid" secrets state data
printf '%s\n' 'prepared: secrets/, state/, data/ (put the CSV files of each site there) and .env' >&2
