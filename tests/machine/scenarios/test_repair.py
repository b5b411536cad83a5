"""A slot that was half written, and the next bundle, for whose hook RAUC mounts it."""

from random import Random

import pytest

from tests.machine.gateway import Gateway
from tests.machine.image.layout import SECTOR, partitions
from tests.machine.image.make import NEXT
from tests.machine.machines import SEED
from tests.machine.update import Recorded, goes_through, idle

pytestmark = [pytest.mark.machine, pytest.mark.long, pytest.mark.timeout(3600)]

REPAIRED = "Finished mapio-display-repair@"
SUPERBLOCK = 1024  # where it is in an ext4, two sectors long; its checksum is at its end


def test_a_slot_that_was_half_written_is_repaired_for_the_next_bundle(recorded: Recorded, spare: Gateway) -> None:
    update = recorded.updates[0]
    slot = partitions()[update.target].start + SUPERBLOCK
    writes = recorded.recording.entries(f"BOOT_{update.target}_LEFT=0".encode(), update.begins.written)
    written = list(writes)[50]
    recorded.left(recorded.recording.when(written), Random(SEED), spare)
    made = spare.delivered
    with spare.disk.open("r+b") as disk, made.rootfs[NEXT].open("rb") as image, made.disk.open("rb") as before:
        for file, offset in ((image, SUPERBLOCK), (disk, slot), (before, slot + SECTOR)):
            file.seek(offset)
        disk.write(image.read(SECTOR) + before.read(SECTOR))
    spare.boot()
    status = spare.wait("the verdict", lambda now: idle(now) and now["last_update"])
    assert status["last_update"]["result"] == "interrupted"
    here = spare.console.here
    spare.console.sh(f"(journalctl --follow --lines=0 --grep '^{REPAIRED}' --output cat >/dev/console &)")
    goes_through(spare)
    assert f"\n{REPAIRED}rootfs.1" in spare.console.said(here).decode(errors="replace")
