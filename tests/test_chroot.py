"""`.ci/chroot` on a machine where it cannot work."""

import os
import subprocess
from pathlib import Path

import pytest

COMMAND = (str(Path(__file__).parents[1] / ".ci" / "chroot"), "trixie", "amd64", "python3", "true")


@pytest.mark.tools
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has this right")
def test_where_root_may_not_mount_it_says_so_before_it_makes_anything() -> None:
    done = subprocess.run(
        ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", *COMMAND],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "does not let even root mount" in done.stderr
    assert "docker run --privileged" in done.stderr
