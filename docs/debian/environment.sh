#!/bin/sh
# environment.sh ARCH TAR: in a Debian, as root: the virtual environment with the daemon and its libraries, for this
# Debian's Python on a machine of ARCH, to the file TAR. The source is the current folder.
#
# For another machine than this one nothing is emulated: pip takes that machine's wheels, and a cross compiler makes the
# two libraries that have none.
set -eu
arch=$1 tar=$2
case $arch in
  amd64) machine=x86_64 elf=62 ;;
  arm64) machine=aarch64 elf=183 ;;
  *)
    echo "The package can be built for amd64 and arm64, not for $arch." >&2
    exit 1
    ;;
esac
if [ "$arch" = "$(dpkg --print-architecture)" ]; then
  compiler='gcc libc6-dev python3-dev'
else
  dpkg --add-architecture "$arch"
  compiler="gcc-$(echo $machine | tr _ -)-linux-gnu libpython3-dev:$arch"
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $compiler >/dev/null
python3 -m venv --clear /opt/mapio-display
(
  # With these, Python describes the other machine, to pip and to setuptools.
  export _PYTHON_HOST_PLATFORM=linux-$machine _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata__$machine-linux-gnu
  /opt/mapio-display/bin/pip install --quiet --disable-pip-version-check --use-pep517 '.[board]'
)
/opt/mapio-display/bin/pip uninstall --quiet --yes --disable-pip-version-check setuptools 2>/dev/null || true
/opt/mapio-display/bin/pip uninstall --quiet --yes --disable-pip-version-check pip
cd /opt/mapio-display
rm -f lib/python3.*/site-packages/mapio_display-*/direct_url.json
# Libraries of Waveshare's for other systems, which nothing of ours loads.
find lib -path '*/waveshare_epd/*' -name '*.so' -delete
find lib -name '*.so' -path '*/RPi/*' -exec $machine-linux-gnu-strip --strip-unneeded {} +
find lib -name 'spidev*.so' -exec $machine-linux-gnu-strip --strip-unneeded {} +
foreign=$(find lib -name '*.so*' -exec sh -c '
  elf=$0
  for library; do [ "$(od -An -tu2 -j18 -N2 "$library")" -eq "$elf" ] || echo "$library"; done' $elf {} +)
if [ -n "$foreign" ]; then
  echo "These libraries are not for $arch: $foreign" >&2
  exit 1
fi
find bin -type f ! -name mapio-display -delete
# The daemon cannot write to /opt: what is not compiled now is compiled at each start.
find lib -name __pycache__ -prune -exec rm -rf {} +
python3 -m compileall -q lib
rm -rf share/man include
tar --create --file "$tar" --owner=root:0 --group=root:0 .
