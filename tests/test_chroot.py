"""`.ci/chroot` on a machine where it cannot work: it reports that before it makes anything."""

import os
import subprocess
from pathlib import Path

import pytest

COMMAND = Path(__file__).parents[1] / ".ci" / "chroot"
pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(os.geteuid() != 0, reason="what root may not do here is what it is about"),
]


def refusal(arch: str, before: tuple[str, ...] = (), path: str = os.environ["PATH"]) -> str:
    """What it says."""
    done = subprocess.run(
        [*before, str(COMMAND), "trixie", arch, "python3", "true"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_where_root_may_not_mount_that_is_said() -> None:
    told = refusal("amd64", ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"))
    assert "does not let even root mount" in told
    assert "docker run --privileged" in told


def test_where_another_machines_programs_do_not_run_that_is_said(tmp_path: Path) -> None:
    for program, code in (("mount", 0), ("update-binfmts", 0), ("arch-test", 1)):
        (tmp_path / program).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / program).chmod(0o755)
    told = refusal("riscv64", path=f"{tmp_path}:{os.environ['PATH']}")
    assert "does not run programs for riscv64" in told
    assert "QEMU" in told
