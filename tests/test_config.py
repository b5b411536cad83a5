"""The configuration: what stands in a file counts, and every mistake is named with file, key and reason."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import pytest

from mapio_display.config import Config, boards, load_config, load_panel
from mapio_display.config.hardware import HotspotConfig, PanelConfig
from mapio_display.config.reading import put_over
from mapio_display.config.values import form
from mapio_display.errors import ConfigError


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_without_any_file_the_defaults_are_those_of_the_mapio_board(tmp_path: Path) -> None:
    config = load_config(defaults=[tmp_path / "none.toml"])
    assert config == Config()
    assert (config.board, config.panel.rotation, config.panel.busy, config.web.port) == ("mapio", 180, "P_BUSY", 80)
    assert config.paths.data_dir == Path("/usr/local/mapio-display")


def test_the_owners_file_goes_over_the_images_key_by_key(tmp_path: Path) -> None:
    image = written(tmp_path / "image.toml", '[web]\nport = 8456\nrequire_pin = false\n[update]\nreboot = "manual"\n')
    owner = written(tmp_path / "owner.toml", "[web]\nport = 8080\n")
    config = load_config(defaults=[image, owner])
    assert (config.web.port, config.web.require_pin, config.update.reboot) == (8080, False, "manual")


def test_a_board_sets_the_panels_defaults_and_keys_go_over_them(tmp_path: Path) -> None:
    path = written(tmp_path / "c.toml", 'board = "waveshare-hat"\n[panel]\nrotation = 180\nbusy = 5\n')
    panel = load_config(path).panel
    assert (panel.gpio, panel.reset, panel.busy, panel.rotation) == ("RPi.GPIO", "17", "5", 180)
    assert load_config(path).buttons.gpio == "none"


def test_the_hotspot_is_configured_and_off_on_other_boards(tmp_path: Path) -> None:
    assert Config().hotspot.enabled
    assert not load_config(written(tmp_path / "c.toml", 'board = "waveshare-hat"\n')).hotspot.enabled
    text = '[hotspot]\ninterface = "wlan1"\nfile = "/etc/ap.conf"\naddress = "192.168.4.1"\nafter = 300\n'
    assert load_config(written(tmp_path / "d.toml", text)).hotspot == HotspotConfig(
        True, "wlan1", "", Path("/etc/ap.conf"), "192.168.4.1", 300
    )


def test_the_readme_has_every_key_with_its_default(tmp_path: Path) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    block = readme.partition("```toml\n")[2].partition("```")[0]
    assert load_config(written(tmp_path / "c.toml", block)) == Config()
    told = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", block, flags=re.MULTILINE))  # a comment: there is no default
    sections = {name: set(part) for name, part in told.items() if isinstance(part, dict)}
    assert sections == {name: set(part) for name, part in asdict(Config()).items() if isinstance(part, dict)}


def test_the_stations_file_and_unit_follow_its_interface_unless_they_are_named(tmp_path: Path) -> None:
    wifi = load_config(written(tmp_path / "c.toml", "[wifi]\ninterface = 'wlan1'")).wifi
    assert (str(wifi.its_file), wifi.its_unit) == (
        "/etc/wpa_supplicant/wpa_supplicant-wlan1.conf",
        "wpa_supplicant@wlan1.service",
    )
    named = "[wifi]\nfile = '/data/station.conf'\nunit = 'station.service'"
    wifi = load_config(written(tmp_path / "c.toml", named)).wifi
    assert (str(wifi.its_file), wifi.its_unit) == ("/data/station.conf", "station.service")


MISTAKES = [
    ("color = 1", "color", "unknown key"),
    ("[web]\nprot = 80", "web.prot", "unknown key"),
    ('[web]\nhost = "a\\u0000"', "web.host", "must not hold a NUL"),
    ('[paths]\ndata_dir = "/a\\u0000"', "paths.data_dir", "must not hold a NUL"),
    ("[web]\nport = '80'", "web.port", "must be a whole number"),
    ("[web]\nport = true", "web.port", "must be a whole number"),
    ("[web]\nport = 0", "web.port", "not between 1 and 65535"),
    ("[web]\nrequire_pin = 1", "web.require_pin", "must be true or false"),
    ("[web]\nallowed_hosts = 'a'", "web.allowed_hosts", "must be a list of strings"),
    ("[web]\nallowed_hosts = ['https://mapio.example']", "web.allowed_hosts", "is not the name alone"),
    ("[web]\nallowed_hosts = ['mapio.example:8443']", "web.allowed_hosts", "is not the name alone"),
    ("[web]\nproxies = ['caddy']", "web.proxies", "'caddy' is not an address or a network"),
    ("[web]\nproxies = ['10.0.0.0/33']", "web.proxies", "is not an address or a network"),
    ("[web]\nlinks = ['http://x']", "web.links", "must be a table of strings"),
    ("[web]\nlinks = { a = 1 }", "web.links", "must be a table of strings"),
    ("web = 5", "web", "must be a section"),
    ("[wifi]\nunit = '../x.service'", "wifi.unit", "is not the name of a service"),
    ("[wifi]\ninterface = ''", "wifi.interface", "is not the name of a network interface"),
    ("[panel]\nrotation = 90", "panel.rotation", "none of 0, 180"),
    ("board = 'pi'", "board", f"none of {', '.join(map(repr, boards()))}"),
    ("[update]\nreboot = 'never'", "update.reboot", "none of 'auto', 'manual'"),
    ("[paths]\ndata_dir = 'relative'", "paths.data_dir", "must be an absolute path"),
    ("[views]\norder = ['home', 'clock']", "views.order", "'clock' is none of"),
    ("[views]\norder = []", "views.order", "at least one"),
    ("[views]\norder = ['home', 'status', 'home']", "views.order", "only once"),
    ("[views]\nclock = 1", "views.clock", "true or false"),
    ("[views]\nlanguage = 'tlh'", "views.language", "'tlh' is none of 'en', 'de', "),
    ("[views]\nlanguage = 1", "views.language", "a string"),
    ("[hotspot]\naddress = '10.50.0.256'", "hotspot.address", "is not an IPv4 address"),
    ("[hotspot]\naddress = '10.50.0.1.'", "hotspot.address", "is not an IPv4 address"),
    ("[hotspot]\nstation = 'wlan/0'", "hotspot.station", "is not the name of a network interface"),
    ("[hotspot]\ninterface = 'wlan 0'", "hotspot.interface", "is not the name of a network interface"),
    ("[hotspot]\nfile = 'ap.conf'", "hotspot.file", "must be an absolute path"),
    ("[hotspot]\nafter = 5", "hotspot.after", "not between 10 and 3600"),
    ("[hotspot]\nenabled = 'no'", "hotspot.enabled", "true or false"),
    ("[panel]\nspi = ''", "panel.spi", "is not an absolute path"),
    ("[panel]\nspi = 'spidev0.0'", "panel.spi", "is not an absolute path"),
    ("[panel]\nbusy = ''", "panel.busy", "is not the name or the number of a line"),
    ("[panel]\ngpio = 'RPi.GPIO'", "panel.reset", "'P_RST' is no BCM number"),
    ("[panel]\ngpio = 'RPi.GPIO'\nreset = 17\ndc = 25\nbusy = 28", "panel.busy", "'28' is no BCM number"),
    ("board = 'waveshare-hat'\n[panel]\ndc = 'P_DC'", "panel.dc", "'P_DC' is no BCM number"),
    ("[services]\nDocker = 'docker'", "services.Docker", "'docker' is not the name of a unit, as docker.service"),
    ("[services]\nDocker = 'a/b.service'", "services.Docker", "is not the name of a unit"),
    ("[services]\nGetty = 'getty@.service'", "services.Getty", "is not the name of a unit"),
    ("[services]\nDocker = true", "services.Docker", "must be a string"),
    ("[services]\n'' = 'a.service'", "services", "'' is not a name of 1 to 24 characters"),
    ('[services]\n"A\\n" = "a.service"', "services", "is not a name of 1 to 24 characters"),
    ("services = ['docker.service']", "services", "must be a section"),
    ("[services]\n" + "\n".join(f"S{n} = 's{n}.service'" for n in range(8)), "services", "at most 8 units, not 9"),
    ("[views]\npicture = 'custom.png'", "views.picture", "absolute path"),
]


@pytest.mark.parametrize(
    ("text", "access_point", "station"),
    [
        ("", "wlan0_ap", "wlan0"),
        ('interface = "wlan0"', "wlan0", "wlan0"),  # as configurations were when both were one
        ('interface = "wlan1_ap"', "wlan1_ap", "wlan1"),
        ('interface = "ap0"\nstation = "wlan0"', "ap0", "wlan0"),
    ],
)
def test_the_stations_interface_is_the_access_points_without_its_ending(
    tmp_path: Path, text: str, access_point: str, station: str
) -> None:
    hotspot = load_config(written(tmp_path / "c.toml", f"[hotspot]\n{text}\n")).hotspot
    assert (hotspot.interface, hotspot.station_interface) == (access_point, station)


@pytest.mark.parametrize(("text", "key", "reason"), MISTAKES)
def test_a_mistake_is_named_with_file_key_and_reason(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = written(tmp_path / "config.toml", text)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value).startswith(f"{path}: {key}: ")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_what_two_files_say_of_the_panel_need_fit_together_only_in_the_end(tmp_path: Path) -> None:
    image = written(tmp_path / "image.toml", '[panel]\ngpio = "RPi.GPIO"\n')
    owner = written(tmp_path / "owner.toml", "[panel]\nreset = 17\ndc = 25\nbusy = 24\n[web]\nport = 81\n")
    panel = load_config(defaults=(image, owner)).panel
    assert (panel.gpio, panel.reset, panel.dc, panel.busy) == ("RPi.GPIO", "17", "25", "24")
    written(owner, "[web]\nport = 81\n")
    with pytest.raises(ConfigError, match=rf"^{image}: panel\.reset: 'P_RST'"):
        load_config(defaults=(image, owner))


def test_what_the_docs_say_for_a_proxy_is_a_good_configuration(tmp_path: Path) -> None:
    docs = (Path(__file__).parent.parent / "docs" / "proxy.md").read_text("utf-8")
    web = load_config(written(tmp_path / "c.toml", docs.partition("```toml\n")[2].partition("```")[0])).web
    assert (web.allowed_hosts, web.proxies) == (("mapio.example",), ("192.168.1.9",))


def test_links_to_other_pages_are_a_table(tmp_path: Path) -> None:
    path = written(tmp_path / "c.toml", '[web.links]\n"Home Assistant" = "http://{host}:8123/"\n')
    assert load_config(path).web.links == {"Home Assistant": "http://{host}:8123/"}


def test_services_are_added_to_the_default_one_which_can_be_taken_away(tmp_path: Path) -> None:
    image = written(tmp_path / "image.toml", '[services]\n"Home Assistant" = "podman@ha-1\\\\x2da.service"\n')
    owner = written(tmp_path / "owner.toml", '[services]\nDocker = ""\n')
    units = {"Docker": "docker.service", "Home Assistant": "podman@ha-1\\x2da.service"}
    assert load_config(defaults=[image]).services == units
    assert load_config(defaults=[image, owner]).services == {**units, "Docker": ""}


def test_a_section_of_free_names_is_put_over_name_by_name_and_checked(tmp_path: Path) -> None:
    letters = Annotated[Mapping[str, Annotated[str, form("[a-z]", "interface")]], lambda value: value]

    def put(values: object) -> object:
        return put_over({"names": {"A": "a"}}, {"names": values}, tmp_path, "board", {"names": letters})["names"]

    assert put({"B": "b"}) == {"A": "a", "B": "b"}
    for values, reason in (
        ({"B": "bb"}, "names.B: 'bb' is not the name of a network interface"),
        ({"B": 1}, "names.B: must be a string, not 1"),
        (["B"], "names: must be a section"),
    ):
        with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}: {reason}")):
            put(values)


def test_a_file_named_on_the_command_line_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: there is no such file"):
        load_config(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("content", [b"[web\n", b"\xff\xff", b"web = {", b"a = " + b"[" * 5000, b"a = " + b"9" * 5000])
def test_a_broken_file_is_an_error_of_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value).startswith(f"{path}: not ")
    assert "\n" not in str(error.value)


def test_a_folder_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="directory"):
        load_config(tmp_path)


def test_what_says_how_the_panel_is_reached_is_read_out_of_a_file_that_is_mistaken_elsewhere(tmp_path: Path) -> None:
    text = 'board = "waveshare-hat"\ncolor = 1\n[panel]\nrotation = 180\n[web]\nport = 0\n'
    path = written(tmp_path / "c.toml", text)
    assert load_panel(path).panel == PanelConfig(gpio="RPi.GPIO", reset="17", dc="25", busy="24", rotation=180)


@pytest.mark.parametrize("text", ["board = 'pi'", "[panel", "[panel]\nrotation = 90", "panel = 1", "\0"])
def test_where_the_panels_part_is_mistaken_too_it_is_the_boards(tmp_path: Path, text: str) -> None:
    assert load_panel(written(tmp_path / "c.toml", text)) == Config()
    assert load_panel(tmp_path / "none.toml") == Config()
