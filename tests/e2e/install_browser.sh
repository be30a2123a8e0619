#!/bin/sh
# Finds a Chromium for the end-to-end tests, or installs Debian's with fonts for Chinese pages.
# Never fails: where no browser can be had, those tests skip themselves and say why.
set -u

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done

give_up() {
    echo "No Chromium, and $1: the end-to-end tests will be skipped." >&2
    exit 0
}

command -v apt-get >/dev/null 2>&1 || give_up "this machine has no apt-get to install it with"
if [ "$(id -u)" -eq 0 ]; then
    root=""
elif sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    give_up "only root could install it"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
        install --no-install-recommends chromium fonts-noto-cjk >>"$log" 2>&1
}

echo "Installing Chromium for the end-to-end tests ..."
# A fresh machine knows no packages until its first update.
$root apt-get -q update >>"$log" 2>&1 || true
install || {
    tail -n 5 "$log" >&2
    give_up "apt-get could not install it"
}
