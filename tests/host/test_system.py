"""The machine's load, from the real kernel and from files as a gateway's kernel writes them."""

from pathlib import Path

from mapio_display.core.facts.system import SystemMeasured
from mapio_display.host.system import EVERY_S, SystemSource, read_system
from tests.listener import Listener, running

MEMINFO = (
    "MemTotal:         926104 kB\nMemFree:          102400 kB\nMemAvailable:     574000 kB\nHugePages_Total:       0\n"
)


def test_a_gateway_is_measured_by_what_its_kernel_writes(tmp_path: Path) -> None:
    (tmp_path / "loadavg").write_text("0.42 0.30 0.25 1/123 4567\n")
    (tmp_path / "meminfo").write_text(MEMINFO)
    zone = tmp_path / "class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("47236\n")
    system = read_system(tmp_path, tmp_path, tmp_path)
    assert (system.load, system.temperature) == (0.42, 47)
    assert (system.memory_total, system.memory_available) == (926104 * 1024, 574000 * 1024)


def test_what_a_machine_does_not_report_is_unknown(tmp_path: Path) -> None:
    system = read_system(tmp_path / "none", tmp_path, tmp_path)
    assert (system.load, system.memory_total, system.data_total, system.temperature) == (None, None, None, None)


def test_garbage_is_unknown_too(tmp_path: Path) -> None:
    (tmp_path / "loadavg").write_text("much\n")
    (tmp_path / "meminfo").write_text("MemTotal: all of it\n")
    system = read_system(tmp_path, tmp_path, tmp_path)
    assert (system.load, system.memory_total) == (None, None)


def test_this_machine_is_measured(tmp_path: Path) -> None:
    system = read_system(tmp_path)
    assert system.load is not None
    assert 0 < (system.memory_available or 0) < (system.memory_total or 0)
    assert 0 < (system.data_free or 0) <= (system.data_total or 0)
    assert (system.uptime or 0) > 0


async def test_it_is_measured_at_the_start_and_then_every_minute(tmp_path: Path) -> None:
    listener = Listener()
    async with running(SystemSource(listener, tmp_path, pause=listener.pause).run):
        for events in (await listener.told(), await listener.later()):
            assert [type(event) for event in events] == [SystemMeasured]
            assert listener.paused_for == EVERY_S


def test_without_a_data_partition_its_space_is_not_the_slot_s() -> None:
    system = read_system(None)
    assert (system.data_total, system.data_free, system.data_writable) == (None, None, None)
    assert system.uptime is not None
