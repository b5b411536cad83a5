"""One call of the driver, in a thread of its own.

A refresh blocks for seconds, and one that hangs in the kernel blocks for ever. Threads of an executor would be waited
for when the process ends; this one is a daemon thread, which holds up nothing.
"""

from collections.abc import Callable
from threading import Lock, Thread

from mapio_display.errors import PanelError


class Job:
    """A call that has begun. ``error`` is why it failed, once it has ended."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._lock = Lock()
        self._ended = False
        self._tell: Callable[[], object] | None = None
        self.error: PanelError | None = None
        Thread(target=self._run, name="panel", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether the thread is at work still."""
        return not self._ended

    def when_ended(self, tell: Callable[[], object] | None) -> None:
        """Have ``tell`` called once the call has ended, by the thread or at once; it replaces the one before it."""
        with self._lock:
            self._tell = tell
            if self._ended and tell is not None:
                tell()

    def _run(self) -> None:
        # A mistake in the driver leaves its traceback with threading.excepthook, and is a panel that does not work.
        error: PanelError | None = PanelError("The panel's driver broke off")
        try:
            self._call()
            error = None
        except PanelError as reason:
            error = reason
        finally:
            with self._lock:
                self.error = error
                self._ended = True
                if self._tell is not None:
                    self._tell()
