"""One call of the driver, in a thread of its own.

A refresh blocks for seconds, and one that hangs in the kernel never returns. Threads of an executor would be waited
for when the process ends; this one is a daemon thread, which holds up nothing.
"""

import sys
from collections.abc import Callable
from threading import Lock, Thread

from mapio_display.errors import PanelError


class Job:
    """A call that has begun. ``error`` is why it failed, once it has ended."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._lock = Lock()
        self._ended = False
        self._notify: Callable[[], object] | None = None
        self.error: PanelError | None = None
        Thread(target=self._run, name="panel", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether the thread is at work still."""
        return not self._ended

    def when_ended(self, notify: Callable[[], object] | None) -> None:
        """Have ``notify`` called once the call has ended, by the thread or at once; it replaces the one before it."""
        with self._lock:
            self._notify = notify
            if self._ended and notify is not None:
                notify()

    def _run(self) -> None:
        # A mistake in the driver leaves its traceback with threading.excepthook, and is a panel that does not work.
        error: PanelError | None = None
        try:
            self._call()
        except PanelError as reason:
            error = reason
        except BaseException as mistake:
            error = PanelError(f"The panel's driver broke off: {type(mistake).__name__}: {mistake}{_libraries()}")
            raise
        finally:
            with self._lock:
                self.error = error
                self._ended = True
                if self._notify is not None:
                    self._notify()


def _libraries() -> str:
    """The board's libraries that are loaded, with their versions: a mistake is often one that does not suit us."""
    loaded = {name: sys.modules[name] for name in ("spidev", "gpiod", "RPi.GPIO") if name in sys.modules}
    versions = {name: getattr(it, "__version__", None) or getattr(it, "VERSION", "") for name, it in loaded.items()}
    return f" (with {', '.join(f'{name} {version}' for name, version in versions.items())})" if versions else ""
