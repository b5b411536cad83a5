#!/bin/sh
# In a Debian trixie, as root: Debian's kernel and U-Boot for arm64, with the board's module, to the folder $1.
set -eu
out=$1
here=$(dirname "$0")
dpkg --add-architecture arm64
apt-get update -qq
release=$(apt-cache depends linux-image-arm64:arm64 | sed -n 's/.*Depends: linux-image-\([^:]*\).*/\1/p' | head -1)
abi=${release%-arm64}
work=$(mktemp -d -p "$out")
trap 'rm -rf "$work"' EXIT
(
  cd "$work"
  apt-get -o APT::Sandbox::User=root download -qq "linux-image-$release:arm64" "linux-headers-$release:arm64" "linux-headers-$abi-common" \
    "linux-kbuild-$abi:$(dpkg --print-architecture)"
  for package in linux-headers*.deb linux-kbuild*.deb; do dpkg -x "$package" /; done
  dpkg -x linux-image*.deb image
)
cp -r "$here" "$work/module"
make -s -C "/usr/src/linux-headers-$release" M="$work/module" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
  CONFIG_DEBUG_INFO_BTF_MODULES= modules
aarch64-linux-gnu-gcc -O2 -static -o "$out/board-bridge" "$here/board-bridge.c"
rm -rf "$out/modules"
mv "$work/image/usr/lib/modules/$release" "$out/modules" 2>/dev/null || mv "$work/image/lib/modules/$release" "$out/modules"
mkdir -p "$out/modules/extra"
aarch64-linux-gnu-strip --strip-debug "$work/module/mapio_board.ko"
cp "$work/module/mapio_board.ko" "$out/modules/extra/"
cp "$work"/image/boot/vmlinuz-* "$out/Image"
cp "$work"/image/boot/config-* "$out/config"
cp /usr/lib/u-boot/qemu_arm64/u-boot.bin "$out/u-boot.bin"
echo "$release" >"$out/release"
