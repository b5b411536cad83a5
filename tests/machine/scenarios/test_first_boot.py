"""MAPIO's first boot: ``mapio-init`` makes the data partition's file system as large as the partition."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine.gateway import BOOT_S, Gateway
from tests.machine.image.layout import partitions
from tests.machine.image.make import write
from tests.machine.image.parts import run
from tests.machine.machines import Machines, kept

pytestmark = [pytest.mark.machine, pytest.mark.long, pytest.mark.timeout(3600)]

MIB = 1024 * 1024
FLASHED = 200 * MIB  # the data partition's file system as it is flashed
DROP_IN = "/etc/systemd/system/mapio-init.service.d/mapio-display.conf"
# As docs/integration.md has it.
STOPS_THE_DAEMON = """\
[Service]
ExecStartPre=-/bin/sh -c 'test -e /boot/first_boot_done || systemctl stop mapio-display.service'
ExecStopPost=-/usr/bin/systemctl start --no-block mapio-display.service
"""


@pytest.fixture
def flashed(machines: Machines, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway that is off, with a file system on its data partition that is smaller than that."""
    with machines.new(request.node.name) as gateway, kept(machines, gateway, request.node):
        gateway.insert_disk()
        small = gateway.folder / "data.ext4"
        run("mkfs.ext4", "-q", "-F", small, f"{FLASHED >> 10}k")
        write(small, gateway.disk, partitions()["data"].start)
        small.unlink()
        yield gateway


def first_boot_is_ahead(disk: Path) -> None:
    run("mdel", "-i", f"{disk}@@{partitions()['boot'].start}", "::first_boot_done", MTOOLS_SKIP_CHECK="1")


def size(gateway: Gateway) -> int:
    return int(gateway.console.sh("echo $(($(stat -f -c '%b * %S' /usr/local)))"))


def test_the_first_boot_grows_the_data_partition_with_the_daemon_there(flashed: Gateway) -> None:
    first_boot_is_ahead(flashed.disk)
    here = flashed.switch_on()
    flashed.console.expect(r"Slot A starts[\s\S]+Slot A starts", here, 2 * BOOT_S)
    flashed.comes_up(flashed.console.here)
    assert size(flashed) > 700 * MIB
    assert flashed.console.sh("ls /boot/first_boot_done; systemctl --failed --no-legend --plain") == (
        "/boot/first_boot_done"
    )
    status = flashed.wait("the view on the glass", flashed.shows, 60)
    assert status["data_partition"] == "there"
    assert flashed.board.chip.violations == []


def test_a_daemon_that_was_restarted_is_stopped_for_it(flashed: Gateway) -> None:
    flashed.boot()
    sh = flashed.console.sh
    assert size(flashed) < FLASHED
    sh("systemctl restart mapio-display; mapio-display wait-ready --timeout 300", 400)  # and has its folder mounted
    flashed.put(DROP_IN, STOPS_THE_DAEMON)
    sh("rm /boot/first_boot_done; systemctl daemon-reload")
    here = flashed.console.here
    flashed.console.type("systemctl start mapio-init.service")
    flashed.comes_up(flashed.console.expect("Slot A starts", here, BOOT_S).end())
    assert size(flashed) > 700 * MIB
    status = flashed.wait("the view on the glass", flashed.shows, 60)
    assert status["data_partition"] == "there"
