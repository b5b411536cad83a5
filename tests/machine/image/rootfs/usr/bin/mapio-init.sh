#!/bin/bash
# The first boot of a MAPIO gateway: as there, no failure stops it, and it does not know the daemon.
systemctl stop docker.service docker.socket
umount /dev/vda4
resize2fs -f /dev/vda4
mount /dev/vda4 /usr/local
touch /boot/first_boot_done
reboot
