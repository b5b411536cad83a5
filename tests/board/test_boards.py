"""A board is one TOML file: found by its name or by its path, over the board that it extends."""

from dataclasses import astuple
from pathlib import Path

import pytest

from mapio_display.cli import main
from mapio_display.config import Config, boards, load_config, load_panel
from mapio_display.config import board as module
from mapio_display.config.board import BOARDS
from mapio_display.config.hardware import BatteryConfig, LedsConfig
from mapio_display.core.facts.power import Battery
from mapio_display.errors import ConfigError

BARE = '[panel]\nreset = "RST"\ndc = "DC"\nbusy = "BUSY"\n'


def board(folder: Path, text: str, name: str = "board.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def configured(folder: Path, named: Path | str, more: str = "") -> Path:
    return board(folder, f'board = "{named}"\n{more}', "config.toml")


@pytest.mark.parametrize("name", boards())
def test_every_board_of_the_package_is_a_good_one(tmp_path: Path, name: str) -> None:
    assert load_config(configured(tmp_path, name)).board == name


def test_a_board_with_nothing_but_a_panel_has_nothing_else(tmp_path: Path) -> None:
    config = load_config(configured(tmp_path, board(tmp_path, BARE)))
    assert (config.panel.gpio, config.panel.busy, config.panel.rotation) == ("gpiod", "BUSY", 0)
    assert (config.buttons.gpio, config.hotspot.enabled, config.power.vcgencmd) == ("none", False, "")
    assert (config.leds, config.battery) == (LedsConfig(), BatteryConfig())


def test_a_board_goes_over_the_one_that_it_extends_key_by_key(tmp_path: Path) -> None:
    first = board(tmp_path, 'extends = "mapio"\n[leds]\nsystem = "LED2"\n[power]\ncharging = ""\n', "first.toml")
    second = board(tmp_path, f'extends = "{first}"\n[leds]\nred = ":red"\n', "second.toml")
    config = load_config(configured(tmp_path, second, '[leds]\nbattery = ""\n'))
    assert (config.leds.system, config.leds.battery, config.leds.red, config.leds.green) == ("LED2", "", ":red", "_G")
    assert (config.power.mains, config.power.charging) == ("CHG_ACOK_N", "")
    assert config.panel == Config().panel


def test_a_file_in_the_folder_of_boards_is_a_board_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = sorted([*boards(), "hat-2in9"])
    for path in BOARDS.glob("*.toml"):
        board(tmp_path, path.read_text("utf-8"), path.name)
    board(tmp_path, 'extends = "waveshare-hat"\n[panel]\ndriver = "epd2in9_V2"\n', "hat-2in9.toml")
    monkeypatch.setattr(module, "BOARDS", tmp_path)
    (tmp_path / "etc").mkdir()
    assert load_config(configured(tmp_path / "etc", "hat-2in9")).panel.driver == "epd2in9_V2"
    with pytest.raises(ConfigError, match="'pi' is none of " + ", ".join(map(repr, known))):
        load_config(configured(tmp_path / "etc", "pi"))
    with pytest.raises(SystemExit):
        main(["check-config", "--help"])
    assert ", ".join(known) in " ".join(capsys.readouterr().out.split())


MISTAKES = [
    ("[leds]\nsystem = 1", "leds.system", "must be a string, not 1"),
    ("[leds]\ncolour = 'x'", "leds.colour", "unknown key"),
    ("[web]\nport = 80", "web", "unknown key; known are extends and panel"),
    ("board = 'mapio'", "board", "unknown key; known are extends and panel"),
    ("leds = 1", "leds", "must be a section"),
    ("extends = 'pi'", "extends", f"'pi' is none of {', '.join(map(repr, boards()))}"),
    ("extends = 1", "extends", "must be a string, not 1"),
    ("extends = '../mapio'", "extends", "and not an absolute path"),
    ("[power]\npmic = [{ register = 0x13 }]", "power.pmic", "must be a list as [{ id = 0xa0"),
    ("[power]\npmic = [{ register = 0x113, step = 0.02 }]", "power.pmic", "must be a list"),
    ("[power]\npmic = [{ register = 0x13, step = nan }]", "power.pmic", "must be a list"),
    ("[power]\npmic = [{ register = 0x13, step = 0.02, chip = 1 }]", "power.pmic", "must be a list"),
    ("[power]\npmic = 'DA9090'", "power.pmic", "must be a list"),
    ("[battery]\ncurve = 3.4", "battery.curve", "must be pairs of volts and percent"),
    ("[battery]\ncurve = [[3.0, 0]]", "battery.curve", "must be pairs"),
    ("[battery]\ncurve = [[3.0, 0], [4.1]]", "battery.curve", "must be pairs"),
    ("[battery]\ncurve = [[3.0, 0], [4.1, '100']]", "battery.curve", "must be pairs"),
    ("[battery]\ncurve = [[4.1, 100], [3.0, 0]]", "battery.curve", "both rising"),
    ("[battery]\ncurve = [[3.0, 0], [nan, 100]]", "battery.curve", "both rising"),
    ("[battery]\ncurve = [[3.0, 0], [4.1, 110]]", "battery.curve", "from 0 to 100 percent"),
    ("[battery]\ncurve = [[3.0, 0], [inf, 100]]", "battery.curve", "from 0 to 100 volts"),
    ("[battery]\nlow = '3.4'", "battery.low", "must be a number of volts"),
    ("[battery]\nlow = nan", "battery.low", "must be a number of volts"),
    ("[panel]\nreset = 'RST'\nbusy = 'BUSY'", "panel.dc", "is missing"),
    ("extends = 'waveshare-hat'\n[panel]\ndc = 'DC'", "panel.dc", "'DC' is no BCM number"),
]


@pytest.mark.parametrize(("text", "key", "reason"), MISTAKES)
def test_a_mistake_in_a_board_names_the_boards_file_with_key_and_reason(
    tmp_path: Path, text: str, key: str, reason: str
) -> None:
    path = board(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        load_config(configured(tmp_path, path))
    assert str(error.value).startswith(f"{path}: {key}: ")
    assert reason in str(error.value)


def test_boards_that_extend_one_another_are_an_error(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(f"extends = '{two}'\n")
    two.write_text(f"extends = '{one}'\n")
    with pytest.raises(ConfigError, match=rf"^{two}: extends: {one} extends this board"):
        load_config(configured(tmp_path, one))


def test_a_board_whose_file_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: board: .*nowhere\.toml: No such file"):
        load_config(configured(tmp_path, tmp_path / "nowhere.toml"))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "x" * 300, "/" + "x" * 300, "a\\u0000", "/a\\u0000", "ä" * 90])
def test_what_can_be_no_name_of_a_board_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: board: "):
        load_config(configured(tmp_path, name))


def test_the_panel_of_a_board_that_is_mistaken_elsewhere_shows_the_mistake(tmp_path: Path) -> None:
    path = configured(tmp_path, board(tmp_path, BARE + "[leds]\nsystem = 1\n"))
    assert load_panel(path).panel.busy == "BUSY"


def test_the_battery_of_a_snapshot_from_elsewhere_is_taken_for_mapios() -> None:
    battery = Config().battery
    assert (battery.curve, battery.low) == astuple(Battery())
