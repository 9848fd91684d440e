#!/bin/sh
# Starts the browser of browser.py with the profile folder $1; it takes commands on standard input and answers on standard output,
# JSON ended by NUL (the DevTools protocol over a pipe). It fetches nothing of its own accord, and ends with its standard input.
home=$(dirname "$0")/../../.local/browser
export FONTCONFIG_FILE="$home/fonts.conf" LD_LIBRARY_PATH="$home/lib"
exec "$home/chromium" --headless --no-sandbox --no-zygote --disable-gpu --disable-software-rasterizer --disable-quic --no-first-run \
  --disable-background-networking --disable-component-update --disable-sync --disable-extensions --disable-dev-shm-usage --font-render-hinting=none \
  --user-data-dir="$1" --remote-debugging-pipe 3<&0 4>&1 </dev/null >/dev/null 2>&1
