"""The sample bundles, made once for all workers of a test run."""

import fcntl
import os

import pytest

from mapio_display.virtual.bundles import Bundles


def sample_bundles(factory: pytest.TempPathFactory, *, real: bool) -> Bundles:
    """Make the real RAUC's bundles or the scripted RAUC's, or wait until another worker has."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    kind = "real" if real else "scripted"
    bundles = Bundles(shared / f"bundles-{kind}", real=real)
    with (shared / f"bundles-{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bundles.create()
    return bundles
