#!/bin/sh
# The bundles' hook. MAPIO's have one before the installation too, for which RAUC mounts the slot with what is in it.
[ "$1" = slot-pre-install ] && echo "Before the installation slot $RAUC_SLOT_BOOTNAME holds $(ls "$RAUC_SLOT_MOUNT_POINT" | wc -l) files"
exit 0
