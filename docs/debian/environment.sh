#!/bin/sh
# In a Debian, as root: the virtual environment with the daemon and its libraries, for this Debian's Python, to the tar
# file $1. The source is the current folder.
set -eu
python3 -m venv /opt/mapio-display
/opt/mapio-display/bin/pip install --quiet --disable-pip-version-check '.[board]'
/opt/mapio-display/bin/pip uninstall --quiet --yes --disable-pip-version-check setuptools 2>/dev/null || true
/opt/mapio-display/bin/pip uninstall --quiet --yes --disable-pip-version-check pip
cd /opt/mapio-display
rm -f lib/python3.*/site-packages/mapio_display-*/direct_url.json
# Libraries of Waveshare's for other systems, which nothing of ours loads.
find lib -path '*/waveshare_epaper/*' -name '*.so' -delete
find lib -name '*.so' -path '*/RPi/*' -exec strip --strip-unneeded {} +
find lib -name 'spidev*.so' -exec strip --strip-unneeded {} +
find bin -type f ! -name mapio-display -delete
# The daemon cannot write to /opt: what is not compiled now is compiled at each start.
find lib -name __pycache__ -prune -exec rm -rf {} +
python3 -m compileall -q lib
rm -rf share/man include
tar --create --file "$1" --owner=root:0 --group=root:0 .
