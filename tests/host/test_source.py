"""The sources of this room, found by their files, and which of them run by the configuration."""

from dataclasses import replace
from pathlib import Path

import pytest

from mapio_display.config import Config
from mapio_display.config.sections import NetworkConfig, ViewsConfig
from mapio_display.host.bus import SystemBus
from mapio_display.host.source import Given, sources
from tests.host.conftest import Events

KERNEL = Config()
PLAYED = replace(KERNEL, network=NetworkConfig(file=Path("/run/network.json")))
CLOCK = replace(KERNEL, views=ViewsConfig(clock=True))
INTERNET = replace(KERNEL, network=NetworkConfig(internet="mapio.example"))


def running(config: Config) -> set[str]:
    given = Given(config, Events(), SystemBus())
    found = {name: run for name, source in sources().items() if (run := source(given)) is not None}
    for run in found.values():
        run.close()
    return set(found)


@pytest.mark.parametrize(("config", "more"), [(CLOCK, {"clock"}), (INTERNET, {"internet"})])
def test_a_source_runs_where_the_configuration_asks_for_it(config: Config, more: set[str]) -> None:
    assert running(config) - running(KERNEL) == more


def test_the_network_is_the_kernels_or_the_files() -> None:
    assert "network" in running(KERNEL)
    assert running(PLAYED) ^ running(KERNEL) == {"network", "network_file"}
