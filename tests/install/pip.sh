#!/bin/sh
# In a fresh Debian, as root: the README's commands for pip, as they stand there. $1: the wheel.
set -eux
rm -rf /opt/mapio-display /usr/bin/mapio-display /etc/mapio-display  # of an earlier run
cp "$1" .
sudo() { "$@"; }
sed -n '/^\*\*With pip\*\*/,/^What must survive/s/^    //p' README.md >/tmp/commands
grep -q 'bin/pip install' /tmp/commands
apt-get update -qq
export DEBIAN_FRONTEND=noninteractive
# Nobody is there to say yes, and systemd does not run.
sed -i -e 's/apt-get install/apt-get install -qq -y/' -e 's/ --now / /' /tmp/commands
. /tmp/commands

mapio-display --version
mapio-display check-config
systemctl is-enabled mapio-display.service mapio-display-ready.service
mapio-display render home -o /tmp/home.png
/opt/mapio-display/bin/python -c 'import gpiod, spidev, aiohttp, PIL, importlib.metadata as m; print(m.version("RPi.GPIO"))'

systemctl disable mapio-display.service mapio-display-ready.service mapio-display-repair@.service
test -z "$(find /etc/systemd/system -name 'mapio-display*')"
rm -r /opt/mapio-display /usr/bin/mapio-display /etc/mapio-display
