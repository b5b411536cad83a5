"""What is dear to start is started once: tests of one group run in one worker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GROUP = """
import os, pathlib, pytest

@pytest.mark.xdist_group("dear")
@pytest.mark.parametrize("number", range(4))
def test_where(number):
    pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).touch()
"""


@pytest.mark.slow
def test_the_tests_of_a_group_run_in_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_group.py").write_text(GROUP)
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-n", "2", "--dist", "loadgroup", "--rootdir", "."]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run([*command, "test_group.py"], check=True, cwd=tmp_path, env=environment, capture_output=True)
    assert len(list(tmp_path.glob("gw*"))) == 1
