#!/usr/bin/env bash
# build.sh VERSION ARCH ENVIRONMENT.tar… : dist/mapio-display_VERSION_ARCH.deb, with these virtual environments in one.
#
# An environment's libraries lie in lib/python3.N of it, so that those of several Pythons have room beside one another:
# the interpreter that is there takes its own, also after an upgrade from one Debian to the next.
set -euo pipefail
version=$1 arch=$2
shift 2
here=$(dirname "$0")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
opt=$tree/opt/mapio-display
mkdir -p "$opt" "$tree/DEBIAN" "$tree/etc/mapio-display" "$tree/usr/bin" "$tree/usr/lib/systemd/system" \
  "$tree/usr/share/doc/mapio-display"
for environment in "$@"; do
  tar --extract --file "$environment" --directory "$opt"
done
printf 'home = /usr/bin\ninclude-system-site-packages = false\n' >"$opt/pyvenv.cfg"
ln -sf /usr/bin/python3 "$opt/bin/python3"
ln -s /opt/mapio-display/bin/mapio-display "$tree/usr/bin/mapio-display"
mv "$opt"/share/mapio-display/*.service "$tree/usr/lib/systemd/system/"
rm -r "$opt/share"
cp "$here/config.toml" "$tree/etc/mapio-display/"
cp "$here/copyright" "$tree/usr/share/doc/mapio-display/"
gzip -9n <"$here/../../CHANGELOG.md" >"$tree/usr/share/doc/mapio-display/changelog.gz"

# One of these Pythons: 3.11 or 3.13, and not what lies between.
python='python3 (>= 3.11)'
last=
for folder in "$opt"/lib/python3.*; do
  minor=${folder##*python3.}
  if [ -n "$last" ] && [ "$minor" -gt $((last + 1)) ]; then
    python+=", python3 (<< 3.$((last + 1))) | python3 (>= 3.$minor)"
  elif [ -z "$last" ]; then
    python="python3 (>= 3.$minor)"
  fi
  last=$minor
done
python+=", python3 (<< 3.$((last + 1)))"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@PYTHON@/$python/" \
  -e "s/@SIZE@/$(du --summarize --apparent-size --block-size=1K "$tree" | cut -f1)/" "$here/control" >"$tree/DEBIAN/control"
echo /etc/mapio-display/config.toml >"$tree/DEBIAN/conffiles"
install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$tree/DEBIAN/"
(cd "$tree" && find opt usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
find "$tree" ! -path "$tree/DEBIAN/*" ! -type l -exec chmod u=rwX,go=rX {} +
mkdir -p dist
dpkg-deb --root-owner-group -Zxz --build "$tree" "dist/mapio-display_${version}_$arch.deb"
