"""A resumable upload through the daemon's death and a power cut: what arrives in the end is the bundle."""

import signal
import socket
from base64 import b64encode
from pathlib import Path

import pytest
from tusclient.client import TusClient

from tests.gateway.conftest import Demo

pytestmark = [pytest.mark.xdist_group("gateway-power"), pytest.mark.timeout(200)]

TUS = {"Tus-Resumable": "1.0.0"}
KIND = {**TUS, "Content-Type": "application/offset+octet-stream"}


def offset(gateway: Demo, where: str) -> int:
    """How much of the upload is there, says the gateway."""
    answer = gateway.ask("HEAD", where, headers=TUS)
    assert answer.status == 200
    return int(answer.headers["upload-offset"])


def lose_what_was_not_synced(gateway: Demo, where: str) -> None:
    """Leave of the bundle what a power cut has to leave, and nothing beside it."""
    part = Path(gateway.facts["data_dir"]) / "uploads" / f"{where.rpartition('/')[2]}.part"
    size, kept = part.stat().st_size, offset(gateway, where)
    with part.open("r+b") as file:
        file.truncate(kept)
        file.truncate(size)


def test_an_upload_goes_on_after_the_daemon_was_killed_and_after_a_power_cut(gateway: Demo) -> None:
    bundle = Path(gateway.facts["bundles"]["good"])
    content = bundle.read_bytes()
    third = len(content) // 3
    credentials = {"Authorization": "Basic " + b64encode(f"mapio:{gateway.facts['pin']}".encode()).decode()}
    begun = gateway.ask("POST", "/api/uploads", headers={**TUS, "Upload-Length": str(len(content))})
    assert begun.status == 201, begun.body
    where = begun.headers["location"]
    first = gateway.ask("PATCH", where, content[:third], {**KIND, "Upload-Offset": "0"})
    assert first.status == 204

    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        fields = {**credentials, **KIND, "Upload-Offset": str(third), "Content-Length": str(len(content) - third)}
        head = [f"PATCH {where} HTTP/1.1", f"Host: 127.0.0.1:{gateway.port}"]
        head += [f"{name}: {value}" for name, value in fields.items()]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + content[third : third + third // 2])
        gateway.wait("the second piece", lambda s: s["update"]["bundle"]["received"] > third)
        killed = gateway.facts["pids"]["daemon"]
        gateway.kill("daemon")
    gateway.wait("the next daemon", lambda s: s["daemon"]["ready"] and gateway.facts["pids"]["daemon"] != killed)
    assert offset(gateway, where) == third, "what was answered 204, and no byte that was not synced"
    lose_what_was_not_synced(gateway, where)
    second = gateway.ask("PATCH", where, content[third : 2 * third], {**KIND, "Upload-Offset": str(third)})
    assert second.status == 204

    boot_id = gateway.boot_id()
    gateway.process.send_signal(signal.SIGUSR1)
    gateway.wait("the next boot", lambda s: s["boot_id"] != boot_id and s["daemon"]["ready"] and s["rauc"]["available"])
    assert offset(gateway, where) == 2 * third
    assert gateway.status()["last_update"] is None
    lose_what_was_not_synced(gateway, where)

    boot_id = gateway.boot_id()
    url = f"http://127.0.0.1:{gateway.port}"
    with bundle.open("rb") as file:
        TusClient(url, headers=credentials).uploader(file_stream=file, url=url + where).upload()
    last = gateway.after_reboot(boot_id)["last_update"]
    assert (last["result"], last["to_version"]) == ("succeeded", "2.2")
