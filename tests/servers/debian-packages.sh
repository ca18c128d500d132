#!/bin/sh
# Installs the Debian packages that the tests need, where this may be done (root, or sudo without a password);
# elsewhere it names what is missing and the command that would install it, and the tests that need it are skipped.
# usage: debian-packages.sh [PACKAGE ...]
set -eu
wanted="${*:-dovecot-imapd dovecot-sieve postgresql clamav-daemon chromium libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core}"
missing=""
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "not installed:$missing. The tests that need them are skipped. To install: sudo $install"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "not installed:$missing, and this machine has no apt-get. The tests that need them are skipped."
    exit 0
fi
echo "installing$missing"
log=$(mktemp)
had_freshclam=$(command -v freshclam || true)
if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive $install; } >"$log" 2>&1; then
    tail -n 5 "$log"
    echo "could not install:$missing. The tests that need them are skipped. Try: $install"
fi
# clamav-daemon brings freshclam, which would fetch hundreds of megabytes of signatures from now on; the tests have their
# own. Where it was here before, it goes on.
if [ -z "$had_freshclam" ] && command -v freshclam >/dev/null; then
    { $as_root service clamav-freshclam stop && $as_root update-rc.d clamav-freshclam disable; } >"$log" 2>&1 ||
        tail -n 5 "$log"
fi
rm -f "$log"
