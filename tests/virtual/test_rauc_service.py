"""What a killed RAUC leaves."""

import contextlib
from pathlib import Path

import pytest

from mapio_display.virtual.rauc_service import detach_loops
from mapio_display.virtual.tools import run
from tests.soak.loop import Loop, backed_by

pytestmark = pytest.mark.root


def left(folder: Path) -> list[str]:
    """The names of the files that loop devices hold."""
    return [Path(file).name for file in backed_by(folder)]


def test_a_loop_device_that_does_not_clear_itself_is_detached(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "demo", tmp_path / "other"
    for folder in (ours, theirs):
        folder.mkdir()
        (folder / "bundle").write_bytes(bytes(4096))
        run("losetup", "--find", "--read-only", folder / "bundle")
    (ours / "slot").write_bytes(bytes(4096))
    with contextlib.closing(Loop(ours / "slot", 0, 4096)):  # clears itself
        (ours / "bundle").unlink()
        detach_loops(ours)
        assert (left(ours), left(theirs)) == (["slot"], ["bundle"])
        detach_loops(theirs)
        assert left(theirs) == []
