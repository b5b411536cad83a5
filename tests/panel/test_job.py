"""One call in a thread of its own: a waiting task is notified, and one that hangs holds up nothing."""

import subprocess
import sys
import threading
from threading import Event

import pytest

from mapio_display.errors import PanelError
from mapio_display.panel.job import Job


def test_callers_are_answered_once_the_call_has_ended() -> None:
    go, told = Event(), Event()
    job = Job(lambda: go.wait(10))
    job.when_ended(told.set)
    assert not told.is_set()
    go.set()
    assert told.wait(10)
    assert not job.running
    assert job.error is None


def test_a_late_caller_is_answered_at_once() -> None:
    ended, late = Event(), Event()
    job = Job(lambda: None)
    job.when_ended(ended.set)
    assert ended.wait(10)
    job.when_ended(late.set)
    assert late.is_set()


def test_a_caller_that_has_gone_is_not_answered() -> None:
    go, told = Event(), Event()
    job = Job(lambda: go.wait(10))
    job.when_ended(told.set)
    job.when_ended(None)
    go.set()
    for thread in threading.enumerate():
        if thread.name == "panel":
            thread.join(10)
    assert not job.running
    assert not told.is_set()


def test_a_panel_that_does_not_answer_is_the_jobs_error() -> None:
    ended = Event()

    def fail() -> None:
        raise PanelError("no answer")

    job = Job(fail)
    job.when_ended(ended.set)
    assert ended.wait(10)
    assert str(job.error) == "no answer"


@pytest.mark.timeout(30)
def test_a_call_that_hangs_does_not_hold_up_the_end_of_the_process() -> None:
    script = "from threading import Event; from mapio_display.panel.job import Job; Job(Event().wait); print('end')"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=20).stdout == b"end\n"
    )
