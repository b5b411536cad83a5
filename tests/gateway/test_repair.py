"""A slot half written, and a bundle as MAPIO's are, whose hook has the real RAUC mount that slot first."""

from pathlib import Path

import pytest

from mapio_display.virtual.rauc_service import real_rauc_runs
from mapio_display.virtual.slots import make_rootfs
from mapio_display.virtual.tools import run
from tests.gateway.conftest import Gateway

pytestmark = [pytest.mark.xdist_group("gateway-repair"), pytest.mark.timeout(150)]

MANIFEST = """[update]
compatible=mapio-image
version=2.1

[bundle]
format=plain

[hooks]
filename=hook.sh

[image.rootfs]
filename=rootfs.ext4
hooks=pre-install;post-install
"""
HALF = 4 * 1024 * 1024


def hooked(gateway: Gateway, directory: Path) -> Path:
    """A bundle of version 2.1 with both hooks, signed with the maker's key."""
    content, keys = directory / "content", gateway.directory / "bundles" / "keys"
    content.mkdir()
    make_rootfs(content / "rootfs.ext4", "2.1")
    (content / "manifest.raucm").write_text(MANIFEST)
    hook = content / "hook.sh"
    hook.write_text('#!/bin/sh\nset -e\nls "$RAUC_SLOT_MOUNT_POINT" >&2\n')
    hook.chmod(0o755)
    bundle = directory / "mapio-bundle-image-mapio-cm4-64-20261128.raucb"
    run("rauc", "bundle", f"--cert={keys}/maker.cert.pem", f"--key={keys}/maker.key.pem", content, bundle)
    return bundle


@pytest.mark.root
def test_a_half_written_slot_is_repaired_by_itself_and_the_bundle_installed(gateway: Gateway, tmp_path: Path) -> None:
    assert real_rauc_runs(), "this takes root and the rauc package"
    bundle = hooked(gateway, tmp_path)
    before = gateway.at_rest()
    source = next(slot["bootname"] for slot in before["slots"] if slot["state"] == "booted")
    target = next(name for name in gateway.facts["slots"] if name != source)
    with Path(gateway.facts["slots"][target]).open("r+b") as slot:  # the power went while it was written
        slot.write(b"\xa5" * HALF)
    other = Path(gateway.facts["slots"][source]).read_bytes()

    answer = gateway.upload(bundle)
    assert answer.status == 202, answer.body
    after = gateway.after_reboot(before["boot_id"])

    assert (after["last_update"]["result"], after["os"]["version"]) == ("succeeded", "2.1")
    assert after["last_update"]["slot"] == target
    assert Path(gateway.facts["slots"][source]).read_bytes() == other, "the slot that ran is as it was"
    log = (gateway.directory / "daemon.log").read_text()
    assert "RAUC cannot mount the slot for the bundle's hook" in log
    assert "an empty file system is written into the slot" in log
    assert "An empty file system is in the slot rootfs." in (gateway.directory / "repair.log").read_text()
