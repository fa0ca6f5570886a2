#!/bin/sh
# Installs the named Debian packages when it may (root, or sudo without a password); else says which line to run.
set -eu

if [ "$(id -u)" = 0 ]; then
    become=""
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    become="sudo"
else
    become="ask"
fi

if ! command -v apt-get > /dev/null; then
    echo "missing: $*. This machine has no apt-get: install them its own way, then run make again." >&2
    exit 1
fi
if [ "$become" = "ask" ]; then
    echo "missing: $*. Run this line, then make again:" >&2
    echo "    sudo apt-get update && sudo apt-get install --yes --no-install-recommends $*" >&2
    exit 1
fi
$become apt-get update -qq
DEBIAN_FRONTEND=noninteractive $become apt-get install --yes --no-install-recommends "$@"
