"""The demo's folder: nobody's files are lost, and nobody shares it."""

from pathlib import Path

import pytest

from mapio_display.errors import CommandLineError
from mapio_display.virtual.folder import Folder


def test_a_folder_belongs_to_one_demo_at_a_time(tmp_path: Path) -> None:
    with Folder(tmp_path), pytest.raises(CommandLineError, match="another demo is running there"), Folder(tmp_path):
        pass
    with Folder(tmp_path):
        pass


@pytest.mark.parametrize("name", ["data", "run"])
def test_a_folder_with_files_that_no_demo_made_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis").write_text("precious")
    with pytest.raises(CommandLineError, match=f"{name} in there would be emptied"), Folder(tmp_path):
        pass
    assert not (tmp_path / "demo.lock").exists(), "it would be taken for a demo's the next time"
    assert (tmp_path / name / "thesis").read_text() == "precious"


def test_a_demos_own_files_are_in_nobodys_way(tmp_path: Path) -> None:
    with Folder(tmp_path) as folder:
        folder.data.mkdir()
        folder.run.mkdir()
    with Folder(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandLineError, match="choose another folder with --dir"), Folder(tmp_path / "file"):
        pass


@pytest.mark.parametrize("name", ["x" * 90, "my gateway", "Gerät", "a,b"])
def test_sockets_have_short_and_plain_names_whatever_the_folders_name(tmp_path: Path, name: str) -> None:
    with Folder(tmp_path / name) as folder:
        assert folder.plain != folder.path
        assert folder.plain.is_dir()
        assert len(str(folder.socket)) < 108
        assert " " not in str(folder.chip)
        assert folder.data.parent == tmp_path / name
    assert not folder.plain.exists()


def test_in_a_folder_with_a_plain_name_everything_lies_together(tmp_path: Path) -> None:
    with Folder(tmp_path / "demo") as folder:
        assert folder.plain == folder.path
    assert folder.path.exists()
