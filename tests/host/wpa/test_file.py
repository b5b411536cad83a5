"""The station's file: what is in it stays, and the real wpa_supplicant reads every file that was written."""

import asyncio
import errno
import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapio_display.core.ssid import Security, ssid_of
from mapio_display.errors import WpaError
from mapio_display.host.wpa import file as module
from mapio_display.host.wpa.control import control
from mapio_display.host.wpa.file import (
    CONTROL,
    Credentials,
    StationFile,
    country_of,
    credentials,
    load,
    meant,
    parse,
    pbkdf2,
    store,
)
from mapio_display.host.wpa.words import unescaped
from tests.host.wpa.conftest import RealWpa, needs_root

HOME = ssid_of(b"Home")
OTHERS = b"""# Written by hand
ctrl_interface=DIR=/run/wpa_supplicant GROUP=netdev
update_config=1
country=FR # of the house

network={
\tssid="Office # 2" # the "old" one
\tpsk="an old password"
\tpriority=5
}
cred={
    realm="example"
}
# network={
network={
    ssid=486f6d65
    psk=0000000000000000000000000000000000000000000000000000000000000000
}
   network={
   ssid=P"tab\\tand \\x22"
   key_mgmt=NONE
}
network={
    ssid="MAPIO"
    mode=2
    psk="ours to send"
}
"""


def joined(text: bytes, network: Credentials) -> bytes:
    return parse(text).with_network(network).text


def test_the_networks_of_any_spelling_are_known_and_an_access_points_is_none() -> None:
    file = parse(OTHERS)
    assert [each.octets for each in file.saved] == [b"Office # 2", b"Home", b'tab\tand "']
    assert file.folder == Path("/run/wpa_supplicant")
    assert file.text == OTHERS


def test_a_network_takes_its_old_place_and_nothing_else_changes() -> None:
    new = joined(OTHERS, credentials(HOME, "correct horse", Security.WPA2))
    old = OTHERS[OTHERS.index(b"network={\n    ssid=486f6d65") : OTHERS.index(b"   network={")]
    before, after = OTHERS.split(old)
    assert new.startswith(before)
    assert new.endswith(after)
    key = hashlib.pbkdf2_hmac("sha1", b"correct horse", b"Home", 4096, 32).hex()
    assert new[len(before) : -len(after)].decode() == (
        f'network={{\n\tssid="Home"\n\tkey_mgmt=WPA-PSK WPA-PSK-SHA256\n\tpsk={key}\n\tieee80211w=1\n\tpriority=6\n}}\n'
    )


def test_a_network_goes_and_nothing_else_changes() -> None:
    old = OTHERS[OTHERS.index(b"network={\n    ssid=486f6d65") : OTHERS.index(b"   network={")]
    assert parse(OTHERS).without(HOME).text == OTHERS.replace(old, b"")


@pytest.mark.parametrize("text", [b"", b"# no end of line", b"update_config=1"])
def test_a_file_without_networks_or_without_an_end_of_line_gets_its_first(text: bytes) -> None:
    new = joined(text, Credentials(HOME))
    assert new.startswith(text)
    assert new.removeprefix(text).strip() == b'network={\n\tssid="Home"\n\tkey_mgmt=NONE\n}'
    assert parse(new).saved == (HOME,)


def test_security_decides_what_is_kept() -> None:
    def kept(password: str | None, security: Security | None, *, wpa3: bool = True) -> dict[str, str]:
        return dict(credentials(HOME, password, security, wpa3=wpa3).settings())

    sae = b"correct horse".hex()
    assert kept(None, Security.OPEN) == {"ssid": '"Home"', "key_mgmt": "NONE"}
    assert "sae_password" not in kept("correct horse", Security.WPA2), "nothing in clear where it need not be"
    both = kept("correct horse", Security.WPA2_WPA3)
    assert (both["key_mgmt"], both["sae_password"], both["ieee80211w"]) == ("WPA-PSK WPA-PSK-SHA256 SAE", sae, "1")
    assert kept("correct horse", None) == both, "a hidden network may be either"
    assert kept("correct horse", None, wpa3=False)["key_mgmt"] == "WPA-PSK WPA-PSK-SHA256"
    only = kept("correct horse", Security.WPA3)
    assert (only["key_mgmt"], only["sae_password"], only["ieee80211w"]) == ("SAE", sae, "2")
    assert "psk" not in only
    assert kept(32 * "aB", None)["psk"] == 32 * "ab"


def test_the_key_is_the_one_that_everybody_derives() -> None:
    # IEEE 802.11, J.4.2
    assert pbkdf2(b"password", b"IEEE").hex() == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"


@pytest.mark.tools
@pytest.mark.skipif(shutil.which("wpa_passphrase") is None, reason="it needs Debian's package wpasupplicant")
def test_wpa_passphrase_derives_the_same() -> None:
    said = subprocess.run(["wpa_passphrase", "Café", "naïve password"], capture_output=True, check=True)
    assert f"psk={pbkdf2('naïve password'.encode(), 'Café'.encode()).hex()}" in said.stdout.decode()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'ssid="a # b" # c', b'ssid="a # b"'),
        (b'  ssid="a" b"# c', b'ssid="a" b"'),
        (b"\t# all", b""),
        (b"country=FR\t \r\n", b"country=FR"),
        (b'ssid="#', b'ssid="'),
        (b"psk=ab#cd", b"psk=ab"),
    ],
)
def test_a_comment_begins_where_wpa_supplicant_has_it_begin(line: bytes, says: bytes) -> None:
    assert meant(line) == says


def test_a_block_without_an_end_is_refused_and_named() -> None:
    with pytest.raises(WpaError, match="line 2"):
        parse(b"update_config=1\nnetwork={\n ssid=41\n")


def test_a_new_file_has_a_control_socket_and_the_access_points_country(tmp_path: Path) -> None:
    other = tmp_path / "ap.conf"
    other.write_text("ctrl_interface=/x\n country=CH\nnetwork={\n}\n")
    assert country_of(other) == "CH"
    assert country_of(tmp_path / "none") is None
    new = load(tmp_path / "none").ready("CH")
    assert new.text == b"ctrl_interface=/var/run/wpa_supplicant\nupdate_config=1\ncountry=CH\n"
    assert new.folder == CONTROL
    assert parse(OTHERS).ready("CH").text == OTHERS


def test_a_file_without_a_control_socket_gets_one_and_keeps_the_rest() -> None:
    text = OTHERS.replace(b"ctrl_interface", b"#ctrl_interface")
    assert parse(text).ready("CH").text == b"ctrl_interface=/var/run/wpa_supplicant\n" + text


def test_it_is_roots_alone_and_a_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "kept" / "real.conf", tmp_path / "station.conf"
    target.parent.mkdir()
    target.write_bytes(OTHERS)
    target.chmod(0o644)
    link.symlink_to(target)
    store(link, load(link).with_network(Credentials(HOME)))
    assert link.is_symlink()
    assert (stat.S_IMODE(target.stat().st_mode), target.stat().st_uid) == (0o600, os.geteuid())
    assert load(link).saved == parse(OTHERS).saved


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_file_that_cannot_be_written_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module, "write_durably", refuse)
    with pytest.raises(WpaError, match=f"station.conf cannot be written: {os.strerror(number)}"):
        store(tmp_path / "station.conf", StationFile((), None))


def test_what_is_no_file_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(WpaError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_no_key_is_in_a_repr() -> None:
    network = credentials(HOME, "correct horse", None)
    said = repr(network) + repr(parse(OTHERS).with_network(network))
    assert not any(secret in said for secret in (str(network.psk), str(network.sae_password), "old password"))


SSIDS = st.binary(min_size=1, max_size=32)
PRINTABLE = st.characters(blacklist_categories=("C", "Z"), whitelist_characters=" ")
PASSWORDS = st.text(PRINTABLE, min_size=8, max_size=63).filter(lambda text: 8 <= len(text.encode()) <= 63)
SECURED = st.sampled_from([None, Security.WPA2, Security.WPA2_WPA3, Security.WPA3])
NETWORKS = st.builds(
    credentials, SSIDS.map(ssid_of), PASSWORDS, SECURED, hidden=st.booleans(), wpa3=st.just(True)
) | st.builds(Credentials, SSIDS.map(ssid_of))


@given(st.lists(NETWORKS, min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_what_was_written_reads_back_and_comes_out_again(networks: list[Credentials]) -> None:
    file = parse(OTHERS)
    for network in networks:
        file = parse(file.with_network(network).text)
        assert network.ssid in file.saved
    for network in networks:
        file = file.without(network.ssid)
    assert file.text == parse(OTHERS).text or HOME.octets in {network.ssid.octets for network in networks}


def listed(wpa: RealWpa) -> list[bytes]:
    """The names of the networks that the real one has read."""

    async def ask() -> list[bytes]:
        names: list[bytes] = []
        last = -1
        async with control(wpa.path) as link:
            await link.do("RECONFIGURE")
            while rows := (await link.ask(f"LIST_NETWORKS LAST_ID={last}")).split("\n")[1:]:
                names += [unescaped(row.split("\t")[1]) for row in rows]
                last = int(rows[-1].split("\t")[0])
        return names

    return asyncio.run(ask())


@needs_root
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(networks=st.lists(NETWORKS, min_size=1, max_size=20, unique_by=lambda network: network.ssid))
def test_the_real_one_reads_every_file_and_has_the_same_names(real_wpa: RealWpa, networks: list[Credentials]) -> None:
    if not real_wpa.path.exists():
        real_wpa.start()
    file = parse(real_wpa.head.encode())
    for network in networks:
        file = file.with_network(network)
    store(real_wpa.file, file)
    assert listed(real_wpa) == [network.ssid.octets for network in networks] == [each.octets for each in file.saved]


@needs_root
@pytest.mark.parametrize(
    "network",
    [b'\tssid="a # b" # c\n', b'\tssid="quo"te"\n', b'\tssid=P"\\x41\\t"\n', b"\tssid=00ff\n", b'  ssid="#"\n'],
)
def test_the_real_one_and_ours_read_the_same_spelling(real_wpa: RealWpa, network: bytes) -> None:
    real_wpa.start(b"network={\n" + network + b"\tkey_mgmt=NONE\n}\n")
    assert listed(real_wpa) == [each.octets for each in load(real_wpa.file).saved]


@needs_root
def test_the_real_one_takes_a_file_made_for_it_from_nothing(real_wpa: RealWpa) -> None:
    real_wpa.start(b"country=CH\n" + joined(b"", credentials(HOME, "correct horse", Security.WPA2_WPA3)))
    assert listed(real_wpa) == [b"Home"]


@pytest.mark.parametrize(
    ("text", "country", "becomes"),
    [
        (
            b"ctrl_interface=/x\ncountry=FR # home\nupdate_config=1\n",
            "FR",
            b"ctrl_interface=/x\ncountry=DE\nupdate_config=1\n",
        ),
        (b"ctrl_interface=/x\n# mine\nnetwork={\n}\n", None, b"ctrl_interface=/x\ncountry=DE\n# mine\nnetwork={\n}\n"),
        (b"ctrl_interface=/x", None, b"ctrl_interface=/x\ncountry=DE\n"),
        (b"country=FR\ncountry=CH\n", "CH", b"country=DE\n"),
        (b"network={\n\tssid=41\n\tcountry=FR\n}\n", None, b"country=DE\nnetwork={\n\tssid=41\n\tcountry=FR\n}\n"),
        (b"country=Narnia\n", None, b"country=DE\n"),
        (b"", None, b"country=DE\n"),
    ],
)
def test_a_country_is_read_replaced_and_taken_out(text: bytes, country: str | None, becomes: bytes) -> None:
    file = parse(text)
    assert file.country == country
    assert file.with_country("DE").text == becomes
    assert parse(becomes).country == "DE"
    assert b"country=DE" not in file.with_country("DE").with_country(None).text
    assert file.with_country("DE").with_country(None).saved == file.saved


def test_a_country_stays_when_a_network_is_joined_and_forgotten() -> None:
    new = ssid_of(b"New")
    file = parse(OTHERS).with_network(Credentials(new)).without(new)
    assert (file.country, file.text) == ("FR", OTHERS)
    assert parse(b"update_config=1\n").with_network(Credentials(HOME)).country is None, "none is made up"


def test_a_saved_network_is_preferred_and_enabled_and_the_rest_of_its_block_stays() -> None:
    other, psk = b'network={\n\tssid="O"\n\tpriority=7\n}\n', b"\tpsk=" + b"ab" * 32 + b" # b\n}\n"
    text = b'# a\nnetwork={\n\tssid="Home"\n\tpriority=1\n\tdisabled=1\n' + psk + other
    file = parse(text).preferring(HOME)
    assert file.text == b'# a\nnetwork={\n\tpriority=8\n\tssid="Home"\n' + psk + other
    assert parse(file.text) == file
    assert file.preferring(HOME).text == file.text


@needs_root
@pytest.mark.tools
def test_the_real_one_reads_the_country_and_takes_another_one(real_wpa: RealWpa) -> None:
    real_wpa.start(parse(b"").with_country("CH").text)
    assert real_wpa.ask("GET country", "SET country DE", "GET country", "SET country 00", "GET country") == [
        "CH",
        "OK",
        "DE",
        "OK",
        "00",
    ]
