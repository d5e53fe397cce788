#!/bin/sh
# Installs the agent of a hospital from a clone of the repository, as root only where root is needed:
#   deploy/install-site.sh              builds here, then installs under /opt/consilium
#   deploy/install-site.sh --root DIR   puts the same files under DIR, changes no account and no service
#   deploy/install-site.sh --built      the clone is built already
# Installed: /opt/consilium (with its own Node), /usr/local/bin/consilium-site, /etc/consilium, the unit consilium-site,
# the account consilium. Nothing is started, and what stands in /etc/consilium and /var/lib/consilium stays.
set -eu
cd "$(dirname "$0")/.."
root=
built=
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=${2:?--root needs a folder}; shift ;;
    --built) built=yes ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
say() { printf '%s\n' "$*" >&2; }

if [ -z "$built" ]; then
  say 'building (npm ci, npm run build)'
  npm ci --loglevel=error
  npm run build --silent
fi

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
say 'collecting what runs at a site'
for part in . libs/* coordinator coordinator/console site-agent demo; do
  mkdir -p "$stage/$part"
  cp "$part/package.json" "$stage/$part/"
done
cp package-lock.json .npmrc LICENSE "$stage/"
for part in libs/* site-agent; do cp -R "$part/dist" "$stage/$part/"; done
(cd "$stage" && npm ci --loglevel=error --omit=dev --omit=optional --workspace=@consilium/site-agent)
node=node_modules/node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')/bin/node
cp "$node" "$stage/node"
mkdir -p "$stage/bin" "$stage/docs"
cp deploy/bin/consilium-site "$stage/bin/"
cp docs/install.md docs/network.md "$stage/docs/"
find "$stage" -name '*.tsbuildinfo' -delete
rm -rf "$stage/coordinator" "$stage/demo" "$stage/.npmrc" "$stage/package-lock.json"
chmod -R u=rwX,go=rX "$stage"

if [ -n "$root" ] || [ "$(id -u)" -eq 0 ]; then as_root=; else as_root=sudo; fi
$as_root mkdir -p "$root/opt" "$root/usr/local/bin" "$root/etc/systemd/system"
$as_root rm -rf "$root/opt/consilium.new" "$root/opt/consilium.old"
$as_root cp -R "$stage" "$root/opt/consilium.new"
$as_root chmod 755 "$root/opt/consilium.new"
if [ -z "$root" ]; then $as_root chown -R root:root /opt/consilium.new; fi
if [ -d "$root/opt/consilium" ]; then $as_root mv "$root/opt/consilium" "$root/opt/consilium.old"; fi
$as_root mv "$root/opt/consilium.new" "$root/opt/consilium"
$as_root rm -rf "$root/opt/consilium.old"
$as_root ln -sfn /opt/consilium/bin/consilium-site "$root/usr/local/bin/consilium-site"
$as_root install -m 0644 deploy/systemd/consilium-site.service "$root/etc/systemd/system/consilium-site.service"
if [ -z "$root" ]; then
  id consilium > /dev/null 2>&1 ||
    $as_root useradd --system --user-group --no-create-home --home-dir /var/lib/consilium --shell /usr/sbin/nologin consilium
  $as_root install -d -m 0750 -o root -g consilium /etc/consilium
  $as_root install -d -m 0700 -o consilium -g consilium /var/lib/consilium
  if command -v systemctl > /dev/null 2>&1; then $as_root systemctl daemon-reload; fi
else
  mkdir -p "$root/etc/consilium"
  chmod 0750 "$root/etc/consilium"
fi
say "installed under $root/opt/consilium. Next: sudo consilium-site init"
