"""In an environment with scarthgap's libraries and nothing else: every module imports, and the daemon gets ready.

What the test tools bring is not there, as it is not in an image: they want a newer typing-extensions than scarthgap's.
"""

import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from importlib import import_module, metadata
from pathlib import Path

import mapio_display

PINNED = Path(__file__).parent.parent / "lowest.txt"
ELSEWHERE = {"mapio_display.__main__", "mapio_display.panel.rpi_lines"}  # a command, and a Raspberry Pi's memory
CONFIGURATION = """
[paths]
data_dir = "{folder}/data"
runtime_dir = "{folder}/run"
[web]
port = {port}
"""
PORT = 20498


def plain(name: str) -> str:
    """A distribution's name as the index has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def check_versions() -> None:
    """Nothing is there but what the list names, in its versions."""
    lines = (line for line in PINNED.read_text().splitlines() if line and not line.startswith("#"))
    pinned = {plain(name): version for name, version in (line.split("==") for line in lines)}
    there = {plain(one.name): one.version for one in metadata.distributions()}
    for ours in ("mapio-display", "pip", "setuptools"):
        there.pop(ours, None)
    assert there.items() <= pinned.items(), there.items() - pinned.items()
    print(f"Python {sys.version.split()[0]} with {len(there)} libraries, none newer than scarthgap's")


def check_imports() -> None:
    """Every module of an image imports."""
    found = (module.name for module in pkgutil.walk_packages(mapio_display.__path__, "mapio_display."))
    names = [name for name in found if name not in ELSEWHERE]
    for name in names:
        import_module(name)
    print(f"{len(names)} modules import")


def check_start() -> None:
    """The daemon gets ready: the web server open, panel and RAUC reported missing."""
    program = Path(sys.prefix) / "bin" / "mapio-display"
    with tempfile.TemporaryDirectory(prefix="mapio-lowest-") as folder:
        (Path(folder) / "run").mkdir()
        configuration = Path(folder) / "config.toml"
        configuration.write_text(CONFIGURATION.format(folder=folder, port=PORT))
        nobody = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/none"}  # not this machine's own
        with subprocess.Popen([program, "run", "--config", configuration], env=nobody) as daemon:
            try:
                about = ("--socket", f"{folder}/run/api.sock")
                subprocess.run([program, "wait-ready", *about, "--timeout", "60"], check=True)
                subprocess.run([program, "status", *about], check=True)
            finally:
                daemon.terminate()


check_versions()
check_imports()
check_start()
