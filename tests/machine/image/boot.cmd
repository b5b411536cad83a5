# The board's rule, for U-Boot: the first slot of BOOT_ORDER with attempts left, which then has one less; if there is
# none, both get theirs back and A starts. The environment is a file on the first partition, as the board's is.
# Where the device tree is now is not what was saved.
setenv tree ${fdtcontroladdr}
if load virtio 0:1 ${kernel_addr_r} uboot.env; then env import -c ${kernel_addr_r} 4000; fi
setenv fdtcontroladdr ${tree}
setenv tree
if test -z "${BOOT_ORDER}"; then setenv BOOT_ORDER "A B"; fi
if test -z "${BOOT_A_LEFT}"; then setenv BOOT_A_LEFT 3; fi
if test -z "${BOOT_B_LEFT}"; then setenv BOOT_B_LEFT 3; fi
setenv slot
for candidate in ${BOOT_ORDER}; do
  if test -z "${slot}"; then
    if test "${candidate}" = A && test ${BOOT_A_LEFT} -gt 0; then
      setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
      setenv slot A
    elif test "${candidate}" = B && test ${BOOT_B_LEFT} -gt 0; then
      setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
      setenv slot B
    fi
  fi
done
if test -z "${slot}"; then
  setenv BOOT_A_LEFT 3
  setenv BOOT_B_LEFT 3
  setenv slot A
fi
if test "${slot}" = A; then setenv root /dev/vda2; else setenv root /dev/vda3; fi
setenv chosen ${slot}
setenv slot
setenv candidate
env export -c -s 4000 ${kernel_addr_r}
fatwrite virtio 0:1 ${kernel_addr_r} uboot.env 4000
# What a test adds to this start's kernel arguments is in the device tree.
fdt addr ${fdtcontroladdr}
fdt get value more /chosen mapio,more
echo "Slot ${chosen} starts; order ${BOOT_ORDER}, left A ${BOOT_A_LEFT}, B ${BOOT_B_LEFT}"
setenv bootargs "root=${root} rauc.slot=${chosen} rootwait rw console=ttyAMA0,115200 net.ifnames=0 panic=2 systemd.default_device_timeout_sec=400 ${more}"
load virtio 0:1 ${kernel_addr_r} Image
load virtio 0:1 ${ramdisk_addr_r} initrd
booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}
reset
