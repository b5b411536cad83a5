"""The scenarios' gateways, and the summary of a run."""

import shutil
from collections import Counter
from collections.abc import Generator, Iterator

import pytest

from tests.machine.gateway import Gateway
from tests.machine.machines import FAILED, KEPT, SEED, Machines, kept
from tests.machine.update import Recorded


def asked(config: pytest.Config) -> bool:
    """Whether the command line asks for the machine's tests."""
    return "machine" in str(config.getoption("markexpr")).split()


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    return None if asked(config) else True


MACHINES = pytest.StashKey[Machines]()


@pytest.fixture(scope="session")
def machines(pytestconfig: pytest.Config) -> Iterator[Machines]:
    shutil.rmtree(KEPT, ignore_errors=True)
    found = pytestconfig.stash[MACHINES] = Machines()
    yield found
    found.drop()
    for gateway in found.all:
        if gateway.recording is not None:
            gateway.recording.remove()


@pytest.fixture
def gateway(machines: Machines, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway at rest, which the scenarios share one after another."""
    with kept(machines, machines.current(), request.node) as gateway:
        yield gateway
    if request.node.stash.get(FAILED, False):
        machines.drop()


@pytest.fixture
def recorded(machines: Machines) -> Recorded:
    return machines.recorded()


@pytest.fixture
def spare(machines: Machines, recorded: Recorded, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway of a scenario's own, which is off; at first it is as before the recorded updates."""
    name = request.node.name.replace("/", "-")
    with machines.new(name) as gateway, kept(machines, gateway, request.node):
        recorded.left(recorded.updates[0].begins, None, gateway)
        yield gateway


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The short scenarios first: what the long ones start from is recorded in them.
    items.sort(key=lambda item: item.get_closest_marker("long") is not None)


def pytest_report_header(config: pytest.Config) -> str | None:
    return f"SEED={SEED}" if asked(config) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(MACHINES, None)
    if found is None:
        return
    terminalreporter.section("the machine")
    write_line = terminalreporter.write_line
    for name, seconds in found.took.items():
        write_line(f"{seconds:6.0f} s  {name}")
    boots = sorted(seconds for gateway in found.all for seconds in gateway.boots)
    cuts = [cut for gateway in found.all for cut in gateway.cuts]
    wrong = [line for gateway in found.all for line in gateway.board.chip.violations]
    if boots:
        shortest, median, longest = (f"{boots[at]:.0f} s" for at in (0, len(boots) // 2, -1))
        write_line(f"boots: {len(boots)}; the shortest took {shortest}, the median {median}, the longest {longest}")
    write_line(
        f"power cuts: {len(cuts)}, of which {sum(cut.unsure > 0 for cut in cuts)} with writes that were not flushed "
        f"and {sum(0 < cut.left < cut.unsure for cut in cuts)} that lost a part of them"
    )
    told = sum((gateway.verdicts for gateway in found.all), Counter[str]())
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told.most_common())
    write_line(f"verdicts: {verdicts or 'none'}")
    write_line(f"violations of the panel's protocol: {len(wrong)}")
    for line in wrong[:10]:
        write_line(f"  {line}")
    write_line(f"seed: {SEED}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when in ("setup", "call") and report.failed:
        item.stash[FAILED] = True
        (KEPT / f"{item.name}.failure").write_text(report.longreprtext)  # at once: a run takes an hour
    return report
