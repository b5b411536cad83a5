"""The network source against a kernel of its own: a network namespace where addresses really come and go."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.host.netlink import InterfaceAddress, Link
from mapio_display.host.network import NetworkSource, read_network
from tests.listener import Listener, running

SCRIPT = """
import asyncio, subprocess
from mapio_display.host.network import NetworkSource


class Seen:
    def __init__(self):
        self.queue = asyncio.Queue()

    def dispatch(self, event):
        self.queue.put_nowait(event)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


async def until(seen, what):
    async with asyncio.timeout(10):
        while not what(await seen.queue.get()):
            pass


async def main():
    seen = Seen()
    source = NetworkSource(seen)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run())
        await until(seen, lambda event: event.addresses == ())
        print("first")
        ip("tuntap", "add", "eth0", "mode", "tap")  # like a pair it needs no hardware, and unlike one it is listed
        ip("addr", "add", "192.0.2.7/24", "dev", "eth0")
        await until(seen, lambda event: any(a.address == "192.0.2.7" for a in event.addresses))
        print("address")
        ip("link", "set", "eth0", "up")
        ip("route", "add", "default", "via", "192.0.2.1")
        await until(seen, lambda event: event.default_interface == "eth0")
        print("route")
        ip("-6", "addr", "add", "2001:db8::7/64", "dev", "eth0", "nodad")
        await until(seen, lambda event: any(a.address == "2001:db8::7" for a in event.addresses))
        print("ipv6")
        ip("addr", "flush", "dev", "eth0")
        await until(seen, lambda event: event.addresses == ())
        print("gone")
        task.cancel()


asyncio.run(main())
"""


@pytest.mark.root
def test_an_address_and_a_default_route_are_noticed_when_they_come_and_when_they_go() -> None:
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", textwrap.dedent(SCRIPT)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["first", "address", "route", "ipv6", "gone"]


ODD_NAMES = r"""
import json, socket, subprocess
from mapio_display.host.network import read_network

socket.sethostname(b"m\xe4pio\x1b[2J")
for number, name in enumerate((b"\xff\xfe\x9b", b"a\x1cb\x85", "größe".encode())):
    subprocess.run(["ip", "tuntap", "add", name, "mode", "tun"], check=True)
    subprocess.run(["ip", "addr", "add", f"192.0.2.{number}/32", "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    subprocess.run(["ip", "route", "add", "default", "dev", name, "metric", str(9 - number)], check=True)
found = read_network()
addresses = [(address.interface, address.address) for address in found.addresses]
print(json.dumps((found.default_interface, addresses, found.hostname)))
"""


@pytest.mark.root
def test_names_of_any_bytes_are_decoded_with_replacement() -> None:
    done = subprocess.run(
        ["unshare", "--net", "--uts", sys.executable, "-c", ODD_NAMES], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        "größe",
        [["\ufffd\ufffd\ufffd", "192.0.2.0"], ["a\x1cb\ufffd", "192.0.2.1"], ["größe", "192.0.2.2"]],
        "m\ufffdpio\x1b[2J",
    ]


def test_the_default_route_with_the_lowest_metric_counts(tmp_path: Path) -> None:
    (tmp_path / "route").write_text(
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "wlan0\t00000000\t0100000A\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    assert read_network(tmp_path).default_interface == "eth0"


def test_an_ipv6_default_route_counts_where_there_is_no_other(tmp_path: Path) -> None:
    zero, gateway = "0" * 32, "fe80" + "0" * 28
    (tmp_path / "ipv6_route").write_text(
        f"{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n"
        f"{zero} 00 {zero} 00 {gateway} 00000400 00000001 00000000 00450003     eth0\n"
    )
    assert read_network(tmp_path).default_interface == "eth0"


def test_without_any_route_there_is_no_default_interface(tmp_path: Path) -> None:
    assert read_network(tmp_path).default_interface is None


def test_loopback_containers_and_link_local_ipv6_are_left_out_and_a_tunnel_is_marked(tmp_path: Path) -> None:
    ethernet, loopback, none = 1, 772, 65534
    links = (
        Link(1, "lo", loopback, 0),
        Link(2, "end0", ethernet, 0),
        Link(3, "wlan0", ethernet, 0),
        Link(4, "docker0", ethernet, 0, "bridge"),
        Link(5, "wg0", none, 0, "wireguard"),
    )
    listed = ((1, "127.0.0.1"), (1, "::1"), (2, "192.168.1.20"), (2, "fe80::1"), (2, "2001:db8::20"))
    others = ((3, "169.254.7.7"), (4, "172.17.0.1"), (5, "10.8.0.6"), (6, "192.0.2.1"))  # the last is new
    addresses = [InterfaceAddress(index, address) for index, address in (*listed, *others)]
    assert read_network(tmp_path, lambda: links, lambda: addresses).addresses == (
        Address("end0", "192.168.1.20"),
        Address("end0", "2001:db8::20"),
        Address("wlan0", "169.254.7.7"),
        Address("wg0", "10.8.0.6", house=False),
    )


def test_a_default_route_of_the_house_counts_before_a_tunnels(tmp_path: Path) -> None:
    (tmp_path / "route").write_text(
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    )
    tunnel, cable = Link(2, "tun0", 65534, 0, "tun"), Link(3, "eth0", 1, 0)
    assert read_network(tmp_path, lambda: (tunnel, cable), lambda: ()).default_interface == "eth0"
    assert read_network(tmp_path, lambda: (tunnel,), lambda: ()).default_interface == "tun0"


RENAMED = """
import asyncio, json, socket
from mapio_display.host.network import NetworkSource

class Heard:
    def __init__(self):
        self.queue = asyncio.Queue()

    def dispatch(self, event):
        self.queue.put_nowait(event.hostname)

async def main():
    heard, names = Heard(), []
    socket.sethostname("mapio")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(NetworkSource(heard).run())
        async with asyncio.timeout(10):
            names.append(await heard.queue.get())
            for name in ("attic", "cellar"):
                socket.sethostname(name)
                names.append(await heard.queue.get())
        task.cancel()
    print(json.dumps(names))

asyncio.run(main())
"""


@pytest.mark.root
def test_a_host_name_that_is_set_at_run_time_is_noticed_without_any_change_of_the_network() -> None:
    done = subprocess.run(
        ["unshare", "--net", "--uts", sys.executable, "-c", RENAMED], check=False, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["mapio", "attic", "cellar"]


async def test_a_kernel_that_does_not_answer_and_has_no_name_to_watch_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mapio_display.host.network.AGAIN_S", 0.01)
    answers = iter((OSError("no buffer space"), NetworkChanged(None, (), "mapio")))

    def read() -> NetworkChanged:
        if isinstance(answer := next(answers), OSError):
            raise answer
        return answer

    listener = Listener()
    async with running(NetworkSource(listener, hostname_file=tmp_path / "none", read=read).run):
        assert await listener.next() == NetworkChanged(None, (), "mapio")
