"""What keeps a test that hangs from keeping the run from its end: pytest-timeout alone does not.

Its signal interrupts the event loop wherever that is, and names no step. The tests that share a browser share a loop,
so each is cancelled in it before.

It does nothing more once it has failed a test, and what that left running can keep the teardown of its fixtures and of
its event loop waiting. So the teardown has a limit of its own, and what waits in it is interrupted each time.
"""

import asyncio
import functools
import gc
import inspect
import signal
from collections.abc import Awaitable, Callable, Iterator

import pytest

STEPS = 0.75  # of what pytest-timeout gives a test with its fixtures


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bound the steps of the tests that share a loop: some of Playwright's wait without a limit."""
    for item in items:
        marker = item.get_closest_marker("asyncio")
        if marker is None or marker.kwargs.get("loop_scope") != "session":
            continue
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.obj = _within(STEPS * _timeout_s(item.config), item.obj)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Give the teardown as long as a test may take, and so the next finalizer where one hangs."""

    def interrupt(*_: object) -> None:
        for thing in gc.get_objects():
            if type(thing) is asyncio.Task and not thing.done():  # no isinstance: a dead weak proxy raises
                thing.print_stack()
        pytest.fail(f"The teardown of {item.nodeid} does not end.")

    bound_s = _timeout_s(item.config)
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, bound_s, bound_s)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _timeout_s(config: pytest.Config) -> float:
    """That of the command line, or else of the configuration; 0 is none, for a debugger."""
    given = config.getoption("timeout")
    return float(config.getini("timeout") if given is None else given)


def _within(seconds: float, test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def bounded(*args: object, **fixtures: object) -> None:
        async with asyncio.timeout(seconds or None):
            await test(*args, **fixtures)

    return bounded
