#!/bin/sh
# Lays promtool and nginx, which the tests of docs/operation ask, into FOLDER, out of their Debian packages: installed
# whole, Prometheus and nginx would serve on this machine from then on. Needs no root. What cannot be had is named, and
# the tests that need it are skipped.
# usage: debian-programs.sh FOLDER
set -eu
folder=$(cd "$1" && pwd)
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 0
for wanted in prometheus:usr/bin/promtool nginx:usr/sbin/nginx; do
    package=${wanted%%:*}
    program=${wanted##*/}
    if [ -x "$folder/$program" ] || [ -x "/${wanted#*:}" ]; then
        continue
    fi
    scratch=$(mktemp -d)
    fetch="apt-get download -q $package"
    if (cd "$scratch" && { $fetch || { [ "$(id -u)" = 0 ] && apt-get update -qq && $fetch; } }) >"$scratch/log" 2>&1; then
        dpkg-deb --fsys-tarfile "$scratch/$package"_*.deb | tar -xO "./${wanted#*:}" >"$scratch/$program"
        chmod +x "$scratch/$program"
        mv "$scratch/$program" "$folder/$program"
        echo "took $program out of Debian's $package"
    else
        tail -n 3 "$scratch/log"
        echo "could not fetch $package. The tests that need $program are skipped."
    fi
    rm -rf "$scratch"
done
