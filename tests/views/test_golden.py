"""Every view in every state, dot for dot as it was when it was last looked at; and so in the README."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops

from mapio_display.core.frame import Frame
from mapio_display.views.names import names
from mapio_display.views.picture import contact_sheet, png
from mapio_display.views.render import render
from mapio_display.views.sample import sample, variants
from mapio_display.words.catalogue import of
from mapio_display.words.languages import languages
from tests.views.conftest import image

GOLDEN = Path(__file__).parent / "golden"
DOCS = Path(__file__).parents[2] / "docs" / "images"
VARIANTS = variants()
OTHERS = languages()[1:]


def draw(name: str, language: str = "en") -> Frame:
    view, snapshot = VARIANTS[name]
    return render(view, snapshot, words=of(language))


def difference(golden: Image.Image, now: Image.Image, path: Path) -> str:
    """Write golden picture, new picture and what differs side by side, and say where."""
    if golden.size != now.size:
        return f"it is {now.size} and was {golden.size}"
    golden, now = golden.convert("L"), now.convert("L")
    changed = ImageChops.difference(golden, now)
    width, height = now.size
    sheet = Image.new("L", (3 * width + 20, height), 128)
    for column, picture in enumerate((golden, now, ImageChops.invert(changed))):
        sheet.paste(picture, (column * (width + 10), 0))
    sheet.resize((sheet.width * 2, sheet.height * 2), Image.Resampling.NEAREST).save(path)
    return f"{changed.histogram()[255]} dots differ within {changed.getbbox()}; golden, new and difference: {path}"


@pytest.mark.golden
@pytest.mark.parametrize("name", VARIANTS)
def test_a_view_looks_as_it_was_approved(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    compare(GOLDEN / f"{name}.png", png(draw(name)), request, tmp_path)


@pytest.mark.golden
@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", VARIANTS)
def test_a_view_looks_as_it_was_approved_in_each_language(
    name: str, language: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    compare(GOLDEN / language / f"{name}.png", png(draw(name, language)), request, tmp_path)


@pytest.mark.golden
@pytest.mark.parametrize("name", ["home", "update", "views"])
def test_the_readmes_pictures_are_of_these_views(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    course = ("update-installing", "rebooting", "starting-after-update", "result-succeeded")
    shown = {
        "home": png(draw("home"), scale=2),
        "update": contact_sheet([draw(variant) for variant in course], scale=2),
        "views": contact_sheet([render(view, sample(view), words=of("en")) for view in names()], scale=2),
    }
    compare(DOCS / f"{name}.png", shown[name], request, tmp_path)


def compare(path: Path, now: bytes, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Fail if the picture in ``path`` is another than the PNG ``now``; with --update-golden write it there."""
    if request.config.getoption("--update-golden"):
        if not path.exists() or image(path.read_bytes()).tobytes() != image(now).tobytes():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(now)
        return
    assert path.exists(), f"{path} is missing; draw it with --update-golden and look at it"
    golden = image(path.read_bytes())
    drawn = image(now)
    if (golden.size, golden.tobytes()) != (drawn.size, drawn.tobytes()):
        pytest.fail(f"{path.stem}: {difference(golden, drawn, tmp_path / path.name)}")


def test_there_is_a_golden_picture_of_each_variant_and_no_other() -> None:
    assert {path.stem for path in GOLDEN.glob("*.png")} == set(VARIANTS)
    assert {path.name for path in GOLDEN.iterdir() if path.name.isalpha()} == set(OTHERS)
    for language in OTHERS:
        assert {path.stem for path in (GOLDEN / language).iterdir()} == set(VARIANTS)


def test_a_difference_is_counted_located_and_drawn(tmp_path: Path) -> None:
    golden = image(png(draw("home")))
    now = golden.copy()
    now.putpixel((30, 40), 0 if now.getpixel((30, 40)) else 255)
    said = difference(golden, now, tmp_path / "home.png")
    assert "1 dots differ within (30, 40, 31, 41)" in said
    assert (tmp_path / "home.png").exists()
