"""Options of the test run, and what it takes."""

import os

import pytest

from mapio_display.virtual.rauc_service import namespace


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="redraw the golden pictures; look at them afterwards")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("root") and (os.geteuid() != 0 or namespace() is None):
        pytest.skip("it mounts or makes a network of its own, which takes root")
