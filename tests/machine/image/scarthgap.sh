#!/bin/sh
# scarthgap.sh ARCH FOLDER: in a Debian, as root: the daemon's environment as docs/debian/environment.sh makes it, but with
# exactly the libraries of Yocto's scarthgap, as FOLDER/environment.tar, and beside it the Debian packages that Pillow
# needs then. FOLDER has Pillow's source.
#
# These releases are older than this Python, and most have no wheel for it, so they are compiled. aiohttp's C does not
# know this Python; the same in Python, which aiohttp has too, does. Pillow's setup.py needs one line changed.
set -eu
arch=$1 folder=$2
dpkg --add-architecture "$arch"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
  "libfreetype-dev:$arch" "libjpeg62-turbo-dev:$arch" "zlib1g-dev:$arch" >/dev/null
mkdir /tmp/pillow
tar --extract --file "$folder"/pillow-*.tar.gz --strip-components=1 --directory /tmp/pillow
sed -i 's/return locals()\["__version__"\]/return "'"$(sed -n 's/^pillow==//p' tests/lowest.txt)"'"/' /tmp/pillow/setup.py
sed 's,^pillow==.*,pillow @ file:///tmp/pillow,' tests/lowest.txt >/tmp/scarthgap.txt
export PIP_CONSTRAINT=/tmp/scarthgap.txt AIOHTTP_NO_EXTENSIONS=1
export CFLAGS=-I/usr/include/freetype2 LDFLAGS=-L/usr/lib/aarch64-linux-gnu
docs/debian/environment.sh "$arch" "$folder/environment.tar"
cd "$folder"
apt-get download -qq "libfreetype6:$arch" "libjpeg62-turbo:$arch" "libpng16-16t64:$arch" "libbrotli1:$arch"
