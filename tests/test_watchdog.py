"""A test that hangs fails, and the tests after it run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MARKS = """
import asyncio, contextlib, pytest, pytest_asyncio

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("one")]
"""
TEARDOWN_HANGS = (
    MARKS
    + """
async def stubborn():
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

async def test_hangs():
    async with asyncio.TaskGroup() as group:
        group.create_task(stubborn())
"""
)
STEP_HANGS = (
    MARKS
    + """
import tests.watchdog

tests.watchdog.STEPS = 0.01

@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.Event().wait())
        yield task
        task.cancel()

async def test_hangs(browser):
    await asyncio.Event().wait()  # the step that hangs

async def test_goes_on(browser):
    assert not browser.done()
"""
)


def run(folder: Path, timeout_s: float, content: str) -> "subprocess.CompletedProcess[str]":
    """Run a file of tests by one worker."""
    (folder / "test_file.py").write_text(content)
    plugins = [f"-p{name}" for name in ("xdist", "pytest_asyncio.plugin", "pytest_timeout", "tests.watchdog")]
    options = ["-n1", "--dist=loadgroup", f"--timeout={timeout_s}", "--rootdir=."]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *options],
        check=False,
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.slow
def test_a_test_whose_task_ignores_its_cancellation_does_not_keep_the_run_from_its_end(tmp_path: Path) -> None:
    done = run(tmp_path, 3, TEARDOWN_HANGS)
    assert "1 failed, 1 error" in done.stdout, done.stdout
    assert "Timeout (>3.0s)" in done.stdout
    assert "does not end" in done.stdout
    assert "in stubborn" in done.stdout + done.stderr


@pytest.mark.slow
def test_a_browser_test_that_hangs_fails_with_its_step_and_leaves_the_browser_to_the_next(tmp_path: Path) -> None:
    done = run(tmp_path, 60, STEP_HANGS)
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert ">       await asyncio.Event().wait()  # the step that hangs" in done.stdout
    assert "Timeout (>" not in done.stdout
