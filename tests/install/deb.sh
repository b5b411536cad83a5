#!/bin/sh
# In a fresh Debian, as root: the package installs, runs, is removed, and leaves what it should. $1: the .deb.
set -eux
rm -rf /usr/local/mapio-display /etc/systemd/system/mapio-display*  # of an earlier run, or of pip.sh
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >/dev/null

# The command, the units and the configuration are where the README says.
mapio-display --version
mapio-display check-config
test "$(readlink -f /usr/bin/mapio-display)" = /opt/mapio-display/bin/mapio-display
systemctl is-enabled mapio-display.service mapio-display-ready.service
grep 'board = "waveshare-hat"' /etc/mapio-display/config.toml
test -z "$(dpkg --verify mapio-display)"

# Every library that it names is there, for this Debian's Python, and complete.
/opt/mapio-display/bin/python3 - <<'PYTHON'
import sys
from importlib import metadata
for name in ("aiohttp", "dbus_next", "gpiod", "jinja2", "PIL._imaging", "segno", "spidev"):
    __import__(name)
    assert sys.modules[name].__file__.startswith("/opt/mapio-display/"), name
try:
    import RPi.GPIO
except RuntimeError as error:  # its compiled part says so, and is therefore the right one
    assert "only be run on a Raspberry Pi" in str(error), error
print({name: metadata.version(name) for name in ("aiohttp", "gpiod", "pillow", "RPi.GPIO", "spidev")})
PYTHON

# It draws, and the daemon gets ready: web server open, panel and RAUC reported missing.
mapio-display render home -o /tmp/home.png
printf 'board = "waveshare-hat"\n[web]\nport = 20499\n' >/tmp/config.toml
mkdir -p /run/mapio-display
mapio-display run --config /tmp/config.toml 2>/tmp/daemon.log &
daemon=$!
mapio-display wait-ready --timeout 60 || { cat /tmp/daemon.log; exit 1; }
mapio-display status
# What an image or a package has is not compiled at each start.
test -z "$(find /opt/mapio-display/lib -name '*.pyc' -newer /tmp/config.toml)"
kill "$daemon"
wait "$daemon" || true
test -e /usr/local/mapio-display/pin || ls -la /usr/local/mapio-display

# Removed: the program and its units are gone, configuration and data are there.
DEBIAN_FRONTEND=noninteractive apt-get remove -qq -y mapio-display >/dev/null
test ! -e /opt/mapio-display && test ! -e /usr/bin/mapio-display
test -e /etc/mapio-display/config.toml
test -n "$(ls /usr/local/mapio-display)"
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >/dev/null
systemctl is-enabled mapio-display.service

# Purged: the configuration is gone too, the data is there, and nobody was asked.
DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y mapio-display </dev/null >/dev/null
test ! -e /opt/mapio-display && test ! -e /etc/mapio-display
test -n "$(ls /usr/local/mapio-display)"
test -z "$(find /etc/systemd/system -name 'mapio-display*')"
