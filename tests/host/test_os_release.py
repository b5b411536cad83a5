"""os-release as MAPIO's images write it, old and new."""

from pathlib import Path

import pytest

from mapio_display.core.facts.system import OsRelease
from mapio_display.host.os_release import read_os_release

NEW = """ID=mapio
NAME="Mapio OS"
# VERSION_ID=9.9.9
VERSION_ID=5.0.3
PRETTY_NAME="Mapio OS (scarthgap)"
MAPIO_OS_VERSION=1.4.0
MAPIO_OS_VERSION_PRETTY=Mapio OS distribution 1.4.0 (Yocto scarthgap)
"""


@pytest.mark.parametrize(
    ("text", "release"),
    [
        (NEW, OsRelease("Mapio OS", "1.4.0", "Mapio OS distribution 1.4.0 (Yocto scarthgap)")),
        ("PRETTY_NAME='Mapio OS 1.0'\n", OsRelease(None, None, "Mapio OS 1.0")),
        ('ID=debian\nVERSION_ID="12"\n', OsRelease("debian", "12", None)),
        ("no equals sign\n=\n\n", OsRelease()),
    ],
)
def test_what_os_release_says(tmp_path: Path, text: str, release: OsRelease) -> None:
    path = tmp_path / "os-release"
    path.write_text(text)
    assert read_os_release(path) == release


def test_a_missing_or_garbled_file_is_an_unknown_version(tmp_path: Path) -> None:
    assert read_os_release(tmp_path / "none") == OsRelease()
    (tmp_path / "garbage").write_bytes(b"\xff\xfe\x00=\x80\n")
    assert read_os_release(tmp_path / "garbage") == OsRelease()
