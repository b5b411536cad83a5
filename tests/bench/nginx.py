"""nginx as a WebDAV server: what the upload is measured against."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# The buffer is what makes it fast: with the default of 16 KiB it writes as often as a network delivers.
CONFIGURATION = """
worker_processes 1;
daemon off;
user root;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {directory}/temp;
  client_max_body_size 0;
  client_body_buffer_size 1m;
  server {{
    listen 127.0.0.1:{port};
    root {directory}/root;
    location / {{ dav_methods PUT; }}
  }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """One that runs; ``worker`` is the process that takes uploads."""

    root: Path
    port: int
    worker: int


@contextmanager
def nginx(directory: Path, port: int) -> Iterator[Nginx]:
    """Run Debian's nginx with its files in ``directory``."""
    (directory / "root").mkdir(parents=True)
    configuration = directory / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(directory=directory, port=port))
    directory.parent.chmod(0o755)
    process = subprocess.Popen([shutil.which("nginx", path=f"{os.defpath}:/usr/sbin") or "nginx", "-c", configuration])
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (workers := children.read_text().split()):  # it listens before it has one
            assert process.poll() is None
            time.sleep(0.01)
        yield Nginx(directory / "root", port, int(workers[0]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
