"""The Yocto recipes say the same as pyproject.toml, the units and the imports: nobody builds them here."""

import hashlib
import re
import sys
import tomllib
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

# Yocto's packages of the standard library, by the modules that we use of them; python3-core has the rest of ours.
PACKAGES = {
    "asyncio": {"asyncio"},
    "crypt": {"hashlib"},
    "ctypes": {"ctypes"},
    "datetime": {"datetime"},
    "email": {"email"},
    "html": {"html"},
    "io": {"select", "socket"},
    "json": {"json"},
    "logging": {"logging"},
    "netclient": {"base64", "hmac", "http", "secrets"},
    "stringold": {"string"},
    "threading": {"queue"},
    "tomllib": {"tomllib"},
}
CORE = (
    "argparse binascii bisect collections contextlib dataclasses enum errno functools gc importlib io ipaddress "
    "itertools math os pathlib re signal stat struct sys threading time types typing urllib warnings"
)


def assignments(recipe: Path) -> dict[str, str]:
    """What each variable is set to in the recipe; values of several lines are joined."""
    text = "\n".join(line for line in recipe.read_text().splitlines() if not line.startswith("#"))
    found = re.findall(r'^([A-Za-z_:${}\[\]0-9-]+) \??\??= "([^"]*)"$', text.replace("\\\n", " "), re.MULTILINE)
    return {name: " ".join(value.split()) for name, value in found}


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


def test_it_needs_the_parts_of_the_standard_library_that_are_imported() -> None:
    modules = {
        module.partition(".")[0]
        for path in FILES
        if "virtual" not in path.parts
        for module in imports(path)
        if module.partition(".")[0] in sys.stdlib_module_names
    }
    known = set(CORE.split()).union(*PACKAGES.values())
    assert modules <= known, "say here which of Yocto's packages has it (OE-core's python3-manifest.json)"
    packages = {package for package, has in PACKAGES.items() if has & modules} | {"core"}
    assert {name for name, version in dependencies().items() if not version} == {f"python3-{one}" for one in packages}


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
