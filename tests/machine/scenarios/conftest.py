"""The gateway that the scenarios share, and what is kept and shown of it."""

import shutil
import time
from collections.abc import Generator, Iterator

import pytest

from tests.machine.console import Late
from tests.machine.gateway import Gateway
from tests.machine.image.make import delivered
from tests.machine.image.parts import CACHE

FAILED = pytest.StashKey[bool]()
KEPT = CACHE / "runs"
SHOWN = 6000  # bytes of each log when a scenario fails


def asked(config: pytest.Config) -> bool:
    """Whether the command line asks for the machine's tests."""
    return "machine" in str(config.getoption("markexpr")).split()


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if asked(config) else True


class Machines:
    """Switches on a gateway as it is delivered, and another one after a scenario that failed."""

    def __init__(self) -> None:
        self.all: list[Gateway] = []
        self.took: dict[str, float] = {}
        self._delivered = delivered()
        self._current: Gateway | None = None

    def current(self) -> Gateway:
        """A gateway that is on and at rest."""
        if self._current is None:
            self._current = Gateway(self._delivered, KEPT / f"gateway-{len(self.all) + 1}")
            self.all.append(self._current)
        try:
            if not self._current.on:
                self._current.boot()
            self._current.wait("rest", lambda status: status["update"]["phase"] == "idle")
        except BaseException:
            self.drop()
            raise
        return self._current

    def drop(self) -> None:
        """Switch the gateway off for good."""
        if self._current is not None:
            self._current.__exit__(None, None, None)
            self._current = None


MACHINES = pytest.StashKey[Machines]()


@pytest.fixture(scope="session")
def machines(pytestconfig: pytest.Config) -> Iterator[Machines]:
    shutil.rmtree(KEPT, ignore_errors=True)
    found = pytestconfig.stash[MACHINES] = Machines()
    yield found
    found.drop()


@pytest.fixture
def gateway(machines: Machines, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    gateway = machines.current()
    began, here = time.monotonic(), gateway.console.here
    yield gateway
    name = request.node.name
    if gateway.on:
        journal = KEPT / f"{name}.journal"
        try:
            journal.write_text(gateway.console.sh("journalctl --no-pager --output short-monotonic -b 0", 300))
        except Late as error:
            journal.write_text(f"{error}\n")
    (KEPT / f"{name}.serial").write_bytes(gateway.console.said(here))
    gateway.board.glass().save(KEPT / f"{name}.png")
    machines.took[name] = time.monotonic() - began
    if request.node.stash.get(FAILED, False):
        for kept in sorted(KEPT.glob(f"{name}.*")):
            print(f"--- {kept}")
            if kept.suffix != ".png":
                print(kept.read_bytes()[-SHOWN:].decode(errors="replace"))
        machines.drop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(MACHINES, None)
    if found is None:
        return
    terminalreporter.section("the machine")
    for name, seconds in found.took.items():
        terminalreporter.write_line(f"{seconds:6.0f} s  {name}")
    for gateway in found.all:
        lost = ", ".join(f"{cut.left} of {cut.unsure} bytes that were not flushed" for cut in gateway.cuts)
        wrong = gateway.board.chip.violations
        terminalreporter.write_line(
            f"{gateway.folder.name}: {len(gateway.boots)} boots ({', '.join(f'{s:.0f} s' for s in gateway.boots)}), "
            f"{len(gateway.cuts)} power cuts (left: {lost or 'none'}), violations of the panel's protocol: {len(wrong)}"
        )
        for line in wrong[:10]:
            terminalreporter.write_line(f"  {line}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report
