"""The upload store on a real disk: a bundle is whole, or in part to be resumed, or not there at all."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.durable import write_durably
from mapio_display.errors import StorageFull, StoreError
from mapio_display.transfer import part as part_module
from mapio_display.transfer.part import SYNC_BYTES
from mapio_display.transfer.store import BundleStore

MIB = 1024 * 1024


@pytest.fixture
def store(tmp_path: Path) -> BundleStore:
    return BundleStore(tmp_path / "uploads")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system takes root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def files(store: BundleStore) -> list[str]:
    return sorted(entry.name for entry in store.path("x").parent.iterdir())


@pytest.mark.parametrize("sizes", [[], [0], [1], [5, 0, MIB, 1], [65536] * 200, [1] * 3000, [5 * MIB]])
def test_a_finished_bundle_holds_what_was_written_in_its_order(store: BundleStore, sizes: list[int]) -> None:
    chunks = [os.urandom(size) for size in sizes]
    store.reserve("u1", sum(sizes))
    with store.open("u1", None) as part:
        for chunk in chunks:
            part.write(chunk)
        part.finish()
        assert part.offset == sum(sizes)
    assert store.path("u1").read_bytes() == b"".join(chunks)
    assert files(store) == ["u1.raucb"]


def test_a_bundle_is_nobodys_but_roots(store: BundleStore) -> None:
    store.reserve("u1", 0)
    with store.open("u1", None) as part:
        part.finish()
    assert store.path("u1").stat().st_mode & 0o777 == 0o600


def test_until_it_is_finished_a_bundle_is_not_under_its_name(store: BundleStore) -> None:
    store.reserve("u1", MIB)
    with store.open("u1", None) as part:
        part.write(b"x" * MIB)
        assert not store.path("u1").exists()
        part.finish()
    assert store.path("u1").exists()


@pytest.mark.parametrize("offset", [None, 0])
def test_leaving_without_finish_leaves_no_file(store: BundleStore, offset: int | None) -> None:
    store.reserve("u1", 2 * SYNC_BYTES)
    with store.open("u1", offset) as part:
        part.write(bytes(SYNC_BYTES))
        assert files(store) == (["u1.part"] if offset is None else ["u1.offset", "u1.part"])
    assert files(store) == []


def test_what_is_removed_while_it_is_written_leaves_no_file(store: BundleStore) -> None:
    """Neither its beginning, nor the whole of it, nor what says how much of it there is."""
    store.reserve("u1", 2 * SYNC_BYTES)
    with store.open("u1", 0) as part:
        store.remove("u1")
        part.write(bytes(SYNC_BYTES))
        assert files(store) == []
        with pytest.raises(StoreError, match="No such file"):
            part.finish()
    assert files(store) == []


def test_of_a_reserved_bundle_that_is_shorter_only_what_came_stays(store: BundleStore) -> None:
    store.reserve("u1", MIB)
    with store.open("u1", None) as part:
        part.write(b"bundle and more")
        part.cut(12, lambda last: last.index(b" and"))
        part.finish()
    assert store.path("u1").read_bytes() == b"bundle"


def test_a_disk_that_fails_is_an_error_of_the_store_and_leaves_no_file(store: BundleStore) -> None:
    store.reserve("u1", MIB)
    reads, writes = os.pipe()
    os.close(reads)
    with store.open("u1", None) as part:
        os.dup2(writes, part._file)
        os.close(writes)
        with pytest.raises(StoreError, match=r"u1\.part: Broken pipe"):
            part.write(bytes(65536))
    assert files(store) == []


def test_a_full_disk_is_reported_as_such_and_leaves_no_file(small_disk: Path) -> None:
    store = BundleStore(small_disk)
    assert 0 < store.free() <= 2 * MIB
    with pytest.raises(StorageFull), store.open("u1", None) as part:
        part.write(bytes(3 * MIB))
    assert files(store) == []
    assert store.free() > MIB


def test_two_uploads_of_one_id_are_an_error(store: BundleStore) -> None:
    store.reserve("u1", 1)
    with pytest.raises(StoreError, match="File exists"):
        store.reserve("u1", 1)


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = BundleStore(tmp_path / "file" / "uploads")
    with pytest.raises(StoreError):
        store.free()
    with pytest.raises(StoreError):
        store.reserve("u1", 1)
    with pytest.raises(StoreError), store.open("u1", None):
        pass


def test_removing_takes_the_whole_and_the_part_and_minds_nothing_missing(store: BundleStore) -> None:
    store.free()
    store.path("u1").write_text("")
    store.path("u1").with_suffix(".part").write_text("")
    for _ in range(2):
        store.remove("u1")
        assert list(store.path("u1").parent.iterdir()) == []


def test_what_cannot_be_removed_is_an_error_of_the_store(store: BundleStore) -> None:
    store.path("u1").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"u1\.raucb: Is a directory"):
        store.remove("u1")


def test_a_start_clears_all_but_the_bundles_that_are_still_wanted(store: BundleStore) -> None:
    store.keep_only(None)  # before the first upload there is no folder
    store.free()
    for name in ("u1.raucb", "u1.part", "u1.offset", "u2.raucb", "u3.part", ".u1.offset.new"):
        (store.path("u1").parent / name).write_text("")
    store.keep_only("u1")
    left = sorted(entry.name for entry in store.path("u1").parent.iterdir())
    assert left == ["u1.offset", "u1.part", "u1.raucb"]


def test_what_cannot_be_removed_does_not_end_the_clearing(store: BundleStore, caplog: pytest.LogCaptureFixture) -> None:
    store.free()
    uploads = store.path("u1").parent
    strays = ["0-folder", "m-folder", "z-folder"]  # wherever it stands in the folder's order
    for name in strays:
        (uploads / name).mkdir()
        (uploads / name / "kept").write_text("")
    for number in range(50):
        (uploads / f"{number:x}.raucb").write_text("")
    os.mkfifo(uploads / "pipe")
    (uploads / "dangling").symlink_to("nowhere")
    store.keep_only(None)
    assert sorted(entry.name for entry in uploads.iterdir()) == strays
    assert sorted(record.args[0].name for record in caplog.records) == strays  # type: ignore[union-attr,index]


# A bundle in pieces


def fill(store: BundleStore, content: bytes, *, offset: int = 0) -> None:
    """Bring the rest of a resumable bundle."""
    with store.open("u1", offset) as part:
        part.write(content)
        part.finish()


def test_a_bundle_in_pieces_is_the_whole_in_the_end(store: BundleStore) -> None:
    content = os.urandom(3 * MIB)
    store.reserve("u1", len(content))
    assert store.reserved("u1") >= len(content)
    with store.open("u1", 0) as part:
        part.write(content[:MIB])
        part.pause()
        assert part.offset == MIB
    assert store.offset("u1") == MIB
    fill(store, content[MIB:], offset=MIB)
    assert store.path("u1").read_bytes() == content
    assert files(store) == ["u1.raucb"]


def test_only_synced_bytes_count_after_a_cut(store: BundleStore) -> None:
    store.reserve("u1", 2 * SYNC_BYTES)
    with store.open("u1", 0) as part:
        for _ in range(3 * SYNC_BYTES // MIB // 2):
            part.write(bytes(MIB))
        assert store.offset("u1") == SYNC_BYTES


def test_what_cannot_be_reserved_leaves_no_file(small_disk: Path) -> None:
    store = BundleStore(small_disk / "uploads")
    store.free()
    with pytest.raises(StorageFull):
        store.reserve("u1", 3 * MIB)
    assert files(store) == []


def test_under_its_name_a_bundle_is_whole(store: BundleStore) -> None:
    store.reserve("u1", 5)
    fill(store, b"whole")
    assert store.offset("u1") == 5


def test_an_offset_that_makes_no_sense_is_none(store: BundleStore) -> None:
    store.reserve("u1", 10)
    for text in ("11", "-1", "x"):
        (store.path("u1").parent / "u1.offset").write_text(text)
        assert store.offset("u1") == 0


def test_a_whole_bundle_that_the_journal_does_not_know_of_waits_for_its_last_byte(store: BundleStore) -> None:
    content = os.urandom(MIB)
    store.reserve("u1", len(content))
    fill(store, content)
    store.reopen("u1")
    store.keep_only("u1")
    assert store.offset("u1") == len(content) - 1
    fill(store, content[-1:], offset=len(content) - 1)
    assert store.path("u1").read_bytes() == content


def test_a_part_that_waits_is_left_as_it_is(store: BundleStore) -> None:
    store.reserve("u1", 10)
    store.reopen("u1")
    assert [entry.name for entry in store.path("u1").parent.iterdir()] == ["u1.part"]


def test_a_mark_that_is_written_while_its_bundle_is_removed_does_not_stay(
    store: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(path: Path, content: bytes) -> None:
        store.remove("u1")
        write_durably(path, content)

    monkeypatch.setattr(part_module, "write_durably", late)
    store.reserve("u1", MIB)
    with store.open("u1", 0) as part:
        part.write(b"x")
        with contextlib.suppress(StoreError):
            part.pause()
    assert files(store) == []


def test_a_bundle_that_gets_its_name_while_it_is_removed_does_not_stay(
    store: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.reserve("u1", MIB)
    part, whole, unlink = store.path("u1").with_suffix(".part"), store.path("u1"), Path.unlink

    def before_the_first(path: Path, missing_ok: bool = False) -> None:
        monkeypatch.setattr(Path, "unlink", unlink)
        part.rename(whole)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", before_the_first)
    store.remove("u1")
    assert list(whole.parent.iterdir()) == []
    store.reserve("u1", MIB)

    def after_the_first(path: Path, missing_ok: bool = False) -> None:
        monkeypatch.setattr(Path, "unlink", unlink)
        unlink(path, missing_ok)
        with contextlib.suppress(FileNotFoundError):
            part.rename(whole)

    monkeypatch.setattr(Path, "unlink", after_the_first)
    store.remove("u1")
    assert list(whole.parent.iterdir()) == []
