"""Options of the test run, and marks for what a test needs beside Python, with a guard that no test lacks its mark."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from mapio_display import client
from mapio_display.transfer import stream
from mapio_display.virtual.rauc_service import namespace
from tests.soak.loop import backed_by

pytest_plugins = ["tests.watchdog"]

# What a fixture needs, the tests that use it need.
BY_FIXTURE = {
    "browser": {"browser"},
    "rauc": {"bundles", "machine", "real", "running"},
    "root": {"small_disk"},
    "tools": {"codes_in", "daemon", "dbus", "real_wpa", "rootfs", "uboot"},
}
NOT_IN_CHECK = ("root", "rauc", "browser", "tools", "machine")
# Programs that a test may start without a mark: those of every Linux, of this Python, and those it has made itself.
EVERYWHERE = {"ldconfig", "sh", "sleep", "true", "uname"}
OURS = (sys.prefix, sys.base_prefix, str(Path(tempfile.gettempdir()).resolve()))

settings.register_profile("any machine", deadline=None)  # what an example takes depends on what else runs
settings.register_profile("quick", settings.get_profile("any machine"), max_examples=25)  # for make check
settings.load_profile("any machine")

# What a command prints is compared in English, whatever the language of who runs the tests.
os.environ["LC_ALL"] = "C.UTF-8"

# How often the program looks at what does not report itself: a test only waits for it.
client.LOOK_S = 0.001
stream.LOOK_S = 0.01

_running: list[pytest.Item] = []
_started: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="redraw the golden pictures; look at them afterwards")


def pytest_configure() -> None:
    sys.addaudithook(_note_program)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark, fixtures in BY_FIXTURE.items():
            if fixtures & set(getattr(item, "fixturenames", ())):
                item.add_marker(mark)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("root") and (os.geteuid() != 0 or namespace() is None):
        pytest.skip("it mounts or makes a network of its own, which takes root")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _started.clear()
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.remove(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    result = yield
    if _started and not any(item.get_closest_marker(mark) for mark in NOT_IN_CHECK):
        pytest.fail(f"it starts {', '.join(_started)} and has none of the marks {', '.join(NOT_IN_CHECK)}")
    return result


def _note_program(event: str, arguments: tuple[object, ...]) -> None:
    if not _running or event not in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
        return
    program = os.fsdecode(arguments[0])  # type: ignore[arg-type]  # the events' first argument is a path
    if Path(program).name not in EVERYWHERE and not program.startswith(OURS):
        _started.append(program)


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No process, mount or loop device outlives the tests, those that fail included."""
    yield
    folder = tmp_path_factory.getbasetemp()
    for _ in range(200):  # what was killed holds on to them a little longer
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
        left = [place for place in mounts if place.startswith(f"{folder}/")] + backed_by(folder)
        left += [str(process) for process in psutil.Process().children(recursive=True)]
        if not left:
            return
        time.sleep(0.05)
    pytest.fail(f"left behind: {', '.join(left)}")


@pytest.fixture
def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of the machine's own, whatever a request of the daemon's is made by."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
