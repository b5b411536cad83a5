"""The network by a file, as the virtual gateway writes it."""

from pathlib import Path

import pytest

from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.host.network_file import has_interface, read_network_file

PLAYED = """{"hostname": "mapio", "default": "eth0", "interfaces": [
    {"name": "eth0", "addresses": ["192.168.1.20", "fe80::1"]},
    {"name": "wlan0", "kind": null},
    {"name": "docker0", "kind": "bridge", "addresses": ["172.17.0.1"]},
    {"name": "wpan0", "kind": "tun", "addresses": ["fd12::1"]},
    {"name": "tun0", "kind": "tun", "addresses": ["10.8.0.6"]}]}"""


def test_its_interfaces_are_what_their_kinds_are(tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    file.write_text(PLAYED)
    addresses = (Address("eth0", "192.168.1.20"), Address("tun0", "10.8.0.6", house=False))
    assert read_network_file(file) == NetworkChanged("eth0", addresses, "mapio")
    assert has_interface(file, "wlan0")
    assert not has_interface(file, "wlan0_ap")
    assert not has_interface(tmp_path / "none", "wlan0")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "must hold a JSON object"),
        ('{"hostname": 7}', "hostname must be a string"),
        ('{"interfaces": {}}', "interfaces must be a list"),
        ('{"interfaces": [7]}', "interfaces must be a list"),
        ('{"interfaces": [{"addresses": "10.0.0.1"}]}', "their addresses a list"),
        ('{"interfaces": [{"addresses": ["10.0.0"]}]}', "'10.0.0' is not an IP address"),
        ('{"interfaces": [{"addresses": [7]}]}', "7 is not an IP address"),
        ('{"interfaces": [{"kind": 7}]}', "kind must be a string"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "network.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=reason):
        read_network_file(file)
    assert not has_interface(file, "wlan0")
