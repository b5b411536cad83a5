"""The Yocto recipes say the same as pyproject.toml, the units and the imports: nobody builds them here."""

import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mapio_display import __version__
from tests.test_house import FILES, imports

ROOT = Path(__file__).parent.parent
YOCTO = ROOT / "docs" / "yocto"
RECIPE = YOCTO / "mapio-display_git.bb"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["board"]]

FACTS = tomllib.loads((ROOT / "tests" / "oe_python.toml").read_text())
# Names in Python that are not the package's.
IMPORTED_AS = {"attrs": {"attr", "attrs"}, "pillow": {"PIL"}}
# aiosignal from 1.4 and aiohttp from 3.14 import it below Python 3.13; see docs/integration.md.
NEWER_AIOSIGNAL = (1, 4)
# Whose facts hold for the Python that runs: which other modules a module imports changes from one to the next.
PYTHON = "3.13" if sys.version_info >= (3, 13) else "3.12"


def assignments(recipe: Path) -> dict[str, str]:
    """What each variable is set to in the recipe; values of several lines are joined."""
    text = "\n".join(line for line in recipe.read_text().splitlines() if not line.startswith("#"))
    found = re.findall(r'^([A-Za-z_:${}\[\]0-9-]+) \??\??= "([^"]*)"$', text.replace("\\\n", " "), re.MULTILINE)
    return {name: " ".join(value.split()) for name, value in found}


NEWER = sorted((YOCTO / "newer-aiohttp").glob("*.bb"))
RECIPES = {path: assignments(path) for path in sorted(YOCTO.glob("*.bb"))}


def dependencies() -> dict[str, str]:
    """What the recipe needs, by name, and the version it asks for ("" for any)."""
    found = re.findall(r"(\S+)(?: \(>= (\S+)\))?", RECIPES[RECIPE]["RDEPENDS:${PN}"])
    return dict(found)


def lowest(requirement: Requirement) -> str:
    (version,) = (specifier.version for specifier in requirement.specifier if specifier.operator in {">=", "=="})
    return str(version)


def test_it_needs_what_the_wheel_needs_in_the_same_versions() -> None:
    ours = {f"python3-{one.name.lower()}": lowest(one) for one in REQUIREMENTS if one.name != "RPi.GPIO"}
    assert {name: version for name, version in dependencies().items() if version} == ours


# Imports what it is given with nothing else to be found than what such an image has.
IMPORTER = """
import ast, importlib, sys
names, absent, foreign, path = ast.literal_eval(sys.argv[1])
finders = list(sys.meta_path)
class Image:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in absent and (top in sys.stdlib_module_names or top in foreign):
            return next(filter(None, (one.find_spec(name, path, target) for one in finders)), None)
sys.path += path
sys.meta_path[:] = [Image()]
for name in names:
    importlib.import_module(name)
"""


def closure(first: set[str], brings: Callable[[str], set[str]]) -> set[str]:
    """The first and all that these bring."""
    found, new = set[str](), set(first)
    while new:
        found |= new
        new = {other for one in new for other in brings(one)} - found
    return found


def image(version: str) -> tuple[set[str], set[str]]:
    """The modules of the standard library that the recipe leaves out, and the libraries it brings, by import name."""
    packages = {**FACTS["3.12"], **(FACTS["3.13"] if version == "3.13" else {})}
    names = {name.removeprefix("python3-") for name in dependencies()}
    libraries = closure(
        names - packages.keys(), lambda one: set(FACTS["libraries"].get(one, {"libraries": ""})["libraries"].split())
    )
    brought = {part for one in libraries for part in FACTS["libraries"].get(one, {"needs": ""})["needs"].split()}
    parts = closure((names & packages.keys()) | brought, lambda one: set(packages[one]["needs"].split()))
    absent = {module for part in packages.keys() - parts for module in packages[part]["modules"].split()}
    return absent, {module for one in libraries for module in IMPORTED_AS.get(one, {one.replace("-", "_")})}


def imported(names: list[str], absent: set[str], foreign: set[str]) -> subprocess.CompletedProcess[str]:
    """Import these where only that can be found."""
    path = [str(ROOT), *(entry for entry in sys.path if entry.endswith("site-packages"))]
    words = repr((names, sorted(absent), sorted(foreign | {"mapio_display"}), path))
    command = [sys.executable, "-I", "-S", "-c", IMPORTER, words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def modules() -> list[str]:
    """All of ours that an image has and that import without a Raspberry Pi's memory."""
    files = [path.relative_to(ROOT).with_suffix("") for path in FILES if "virtual" not in path.parts]
    return [
        ".".join(file.parts).removesuffix(".__init__") for file in files if file.stem not in {"__main__", "rpi_lines"}
    ]


def test_every_module_imports_with_what_the_recipe_brings() -> None:
    absent, foreign = image(PYTHON)
    aiosignal = tuple(int(part) for part in metadata.version("aiosignal").split(".")[:2])
    if sys.version_info < (3, 13) and aiosignal >= NEWER_AIOSIGNAL:
        foreign |= {"typing_extensions"}
    assert {"mmap", "unittest"} <= absent
    done = imported(modules(), absent, foreign)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", ["asyncio", "html", "json", "tomllib"])
def test_a_package_that_the_recipe_forgot_is_found(package: str) -> None:
    absent, foreign = image(PYTHON)
    done = imported(modules(), absent | set(FACTS["3.12"][package]["modules"].split()), foreign)
    assert "ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_what_is_imported_is_asked_for_by_name_and_nothing_else(version: str) -> None:
    packages = {**FACTS["3.12"], **(FACTS["3.13"] if version == "3.13" else {})}
    owners = {module: part for part, facts in packages.items() for module in facts["modules"].split()}
    named = {module.partition(".")[0] for path in FILES if "virtual" not in path.parts for module in imports(path)}
    forgotten = {part for facts in FACTS["libraries"].values() for part in facts.get("forgets", "").split()}
    needed = {owners[module] for module in named & owners.keys()} | {"core"} | forgotten
    assert {name for name, version in dependencies().items() if not version} == {f"python3-{part}" for part in needed}


def test_it_starts_every_unit_that_is_to_be_started() -> None:
    units = {unit.name for unit in (ROOT / "systemd").iterdir() if "[Install]" in unit.read_text().splitlines()}
    assert set(RECIPES[RECIPE]["SYSTEMD_SERVICE:${PN}"].split()) == units
    assert {unit.suffix for unit in (ROOT / "systemd").iterdir()} == {".service"}, "the recipe installs no others"


def test_it_is_of_this_version() -> None:
    assert RECIPES[RECIPE]["PV"] == f"{__version__}+git"


def test_the_licences_are_the_ones_it_was_written_for() -> None:
    sums = re.findall(r"file://(\S+);md5=(\S+)", RECIPES[RECIPE]["LIC_FILES_CHKSUM"])
    named = {name: hashlib.md5((ROOT / name).read_bytes(), usedforsecurity=False).hexdigest() for name, _ in sums}
    assert named == dict(sums)
    assert set(named) == {"LICENSE", *(f"fonts/{path.name}" for path in (ROOT / "fonts").glob("LICENSE*"))}


@pytest.mark.parametrize("recipe", [path for path in RECIPES if path != RECIPE], ids=lambda path: path.name)
def test_a_library_s_recipe_has_a_version_that_is_asked_for(recipe: Path) -> None:
    package, _, version = recipe.stem.partition("_")
    (requirement,) = (one for one in REQUIREMENTS if f"python3-{one.name}" == package)
    assert requirement.specifier.contains(version)


def test_what_a_newer_aiohttp_needs_has_a_recipe_beside_it_or_is_scarthgap_s() -> None:
    newer = {path.stem.partition("_")[0]: assignments(path) for path in NEWER}
    needed = {name for recipe in newer.values() for name in recipe.get("RDEPENDS:${PN}", "").split()}
    pinned = {line.partition("==")[0] for line in (ROOT / "tests" / "lowest.txt").read_text().splitlines()}
    there = {f"python3-{name}" for name in (*FACTS["3.12"], *pinned, "typing-extensions")}
    assert "python3-aiohttp" in newer
    assert needed - newer.keys() <= there
    assert all("SRC_URI[sha256sum]" in recipe and "LIC_FILES_CHKSUM" in recipe for recipe in newer.values())
