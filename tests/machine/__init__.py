"""The whole gateway in QEMU: Debian's kernel and U-Boot for arm64, MAPIO's partitions and units, the real daemon."""
