#!/bin/sh
# Sees to it that a Chromium is there for the browser tests: Debian's own, where this user may install packages.
set -e
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done

as_root=
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null && $as_root true 2>/dev/null; then
    echo "Installing Chromium for the browser tests."
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq chromium fonts-dejavu-core >/dev/null
else
    echo "The browser tests need Chromium: install the package 'chromium' of your system and try again." >&2
    exit 1
fi
