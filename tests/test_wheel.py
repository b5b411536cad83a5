"""The wheel: what is installed on a gateway finds its fonts, assets and templates."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "site")
    return folder / "site"


def started(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the wheel's content in front of everything else, far from the checkout."""
    command = [sys.executable, "-P", *words]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=installed.parent, env={"PYTHONPATH": str(installed)}
    )


def run(installed: Path, *words: str) -> str:
    """Run Python in the same way, and give what it printed."""
    done = started(installed, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_font_and_asset_is_in_it_with_its_licence(installed: Path) -> None:
    for folder in ("fonts", "assets"):
        there = {entry.name for entry in (installed / "mapio_display" / folder).iterdir()}
        assert there == {entry.name for entry in (ROOT / folder).iterdir()}


def test_every_board_is_in_it_and_the_configuration_reads_them(installed: Path, tmp_path: Path) -> None:
    boards = {path.name: path.read_text() for path in (installed / "mapio_display/board/boards").iterdir()}
    assert boards == {path.name: path.read_text() for path in (ROOT / "mapio_display/board/boards").iterdir()}
    (tmp_path / "c.toml").write_text('board = "waveshare-hat"\n')
    run(installed, "-m", "mapio_display", "check-config", "--config", str(tmp_path / "c.toml"))


def test_every_template_of_the_pages_is_in_it(installed: Path) -> None:
    def templates(root: Path) -> set[Path]:
        return {path.relative_to(root) for path in (root / "mapio_display").rglob("*.html")}

    assert templates(installed) == templates(ROOT) != set()


def test_every_language_is_in_it(installed: Path) -> None:
    files = {path.name: path.read_bytes() for path in (installed / "mapio_display/words").glob("*.po")}
    assert files == {path.name: path.read_bytes() for path in (ROOT / "mapio_display/words").glob("*.po")} != {}


def test_the_units_are_in_it(installed: Path) -> None:
    (folder,) = installed.glob("*.data/data/share/mapio-display")
    units = {unit.name: unit.read_text() for unit in folder.iterdir()}
    assert units == {unit.name: unit.read_text() for unit in (ROOT / "systemd").iterdir()}


def test_the_virtual_gateway_is_not_in_it_and_the_demo_says_where_it_is(installed: Path) -> None:
    assert not (installed / "mapio_display" / "virtual").exists()
    done = started(installed, "-m", "mapio_display", "demo")
    assert done.returncode == 1
    assert "run `make demo` there" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_licence_is_named_and_every_text_is_there(installed: Path) -> None:
    (metadata,) = installed.glob("*.dist-info/METADATA")
    assert "License-Expression: MIT AND OFL-1.1 AND Bitstream-Vera\n" in metadata.read_text()
    assert list(installed.glob("*.dist-info/licenses/LICENSE"))


@pytest.mark.golden
def test_an_installed_copy_draws_from_its_own_fonts(installed: Path, tmp_path: Path) -> None:
    out = tmp_path / "home.png"
    run(installed, "-m", "mapio_display", "render", "home", "-o", str(out))
    golden = ROOT / "tests" / "views" / "golden" / "home.png"
    with Image.open(out) as drawn, Image.open(golden) as expected:
        assert drawn.convert("1").tobytes() == expected.convert("1").tobytes()
    where = "import mapio_display.resources as r; print(r.resource('fonts', 'DejaVuSans-Bold.ttf'))"
    assert run(installed, "-c", where).strip() == str(installed / "mapio_display" / "fonts" / "DejaVuSans-Bold.ttf")


def test_the_console_script_is_the_command_line(installed: Path) -> None:
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "mapio-display = mapio_display.cli:main" in entry_points.read_text()
