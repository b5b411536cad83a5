"""``run``: the daemon. It must have the panel at work before anything slow is loaded."""

import os
import signal
import sys
from pathlib import Path

from mapio_display.errors import ConfigError


def run_daemon(path: Path | None) -> int:
    """Run it, with this configuration or the usual one, and give the exit status."""
    from mapio_display.config import load_config, load_panel
    from mapio_display.first_frame import begin_first_frame, show_mistake

    try:
        config = load_config(path)
    except ConfigError as error:
        show_mistake(load_panel(path), error)
        raise
    # Stopped before the loop is there to handle it, we would end at once, and the glass would say "starting" for as
    # long as the power is off. The daemon takes these signals when it can.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    first_frame = begin_first_frame(config)
    _do_without_openssl()

    from mapio_display.daemon import run

    if run(config, first_frame, lambda: load_config(path)):
        # In the same process, so that systemd sees one start.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - nothing from outside is in it
    return 0


def _do_without_openssl() -> None:
    """Save 7 MB and 40 ms: the daemon makes no TLS connection, and the digest of a cookie is no work.

    asyncio, aiohttp and hashlib do without where there is none; otherwise they would load OpenSSL, and every CA
    certificate of the system into a client's context.
    """
    from importlib.util import find_spec

    sys.modules["ssl"] = None  # type: ignore[assignment]
    if find_spec("_sha1") and find_spec("_md5"):  # some distributions build Python without digests of its own
        sys.modules["_hashlib"] = None  # type: ignore[assignment]
