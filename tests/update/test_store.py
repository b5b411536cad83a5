"""The upload store on a real disk: whole or not at all, in bounded memory, and never in the event loop's way."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.durable import write_durably
from mapio_display.errors import StorageFull, StoreError
from mapio_display.update import writer as writer_module
from mapio_display.update.store import BundleStore
from mapio_display.update.writer import QUEUE_BYTES, SYNC_BYTES, BundleWriter

MIB = 1024 * 1024
PATIENCE_S = 20.0


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
    subprocess.run(["umount", folder], check=True)


async def until_empty(store: BundleStore) -> None:
    """Wait until the store's thread has removed its files."""
    async with asyncio.timeout(PATIENCE_S):
        while list(store.path("x").parent.iterdir()):  # noqa: ASYNC110 - the thread tells nobody
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("sizes", [[], [0], [1], [5, 0, MIB, 1], [65536] * 200, [1] * 3000, [5 * MIB]])
async def test_a_finished_bundle_holds_what_was_written_in_its_order(store: BundleStore, sizes: list[int]) -> None:
    chunks = [os.urandom(size) for size in sizes]
    with store.writer("u1") as writer:
        for chunk in chunks:
            await writer.write(chunk)
        assert await writer.finish() == sum(sizes)
    assert store.path("u1").read_bytes() == b"".join(chunks)
    assert [entry.name for entry in store.path("u1").parent.iterdir()] == ["u1.raucb"]


async def test_a_bundle_is_nobodys_but_roots(store: BundleStore) -> None:
    with store.writer("u1") as writer:
        await writer.finish()
    assert store.path("u1").stat().st_mode & 0o777 == 0o600


async def test_until_it_is_finished_a_bundle_is_not_under_its_name(store: BundleStore) -> None:
    with store.writer("u1") as writer:
        await writer.write(b"x" * MIB)
        assert not store.path("u1").exists()
        await writer.finish()
    assert store.path("u1").exists()


async def test_leaving_without_finish_leaves_no_file(store: BundleStore) -> None:
    with store.writer("u1") as writer:
        await writer.write(b"x" * MIB)
    await until_empty(store)


async def test_being_cancelled_while_finishing_leaves_no_file(store: BundleStore) -> None:
    """Whether the file has its name already or not: a bundle that nobody was given is removed."""

    async def upload() -> None:
        with store.writer("u1") as writer:
            await writer.write(b"x" * MIB)
            await writer.finish()

    for delay in (0.0, 0.0005, 0.001, 0.002):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(upload())
            await asyncio.sleep(delay)
            task.cancel()
        if task.cancelled():
            await until_empty(store)
        else:
            store.remove("u1")


async def fill(writer: BundleWriter, chunk: int) -> None:
    """Write chunks of this size until something ends it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await writer.write(bytes(chunk))


async def test_the_loop_goes_on_while_the_disk_stands_still(store: BundleStore) -> None:
    """A pipe that nobody reads is the slowest disk there is."""
    reads, writes = os.pipe()
    with store.writer("u1") as writer:
        os.dup2(writes, writer._file)  # from here on the thread writes into the pipe
        for _ in range(QUEUE_BYTES // 65536):  # so much waits for nobody
            await writer.write(bytes(65536))
        wrote = QUEUE_BYTES
        with contextlib.suppress(TimeoutError):  # from some moment on the sender waits
            async with asyncio.timeout(0.2):
                while True:
                    await writer.write(bytes(65536))
                    wrote += 65536
        # No more is in memory than the queue and what the thread has taken out of it.
        assert wrote <= 2 * QUEUE_BYTES + MIB
        os.close(writes)
        os.close(reads)  # the thread's write fails, as on a disk that is gone
        with pytest.raises(StoreError, match=r"u1\.part"):
            await fill(writer, 65536)
    await until_empty(store)


async def test_a_full_disk_is_told_as_such_and_leaves_no_file(small_disk: Path) -> None:
    store = BundleStore(small_disk)
    assert 0 < store.free() <= 2 * MIB
    with store.writer("u1") as writer, pytest.raises(StorageFull):
        await fill(writer, MIB)
    await until_empty(store)
    async with asyncio.timeout(PATIENCE_S):
        while store.free() <= MIB:  # noqa: ASYNC110 - a file system may give the blocks back later than the name
            await asyncio.sleep(0.001)


async def test_a_disk_that_fills_up_with_the_last_byte_is_told_by_finish(small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(2 * MIB - 100_000))
    store = BundleStore(small_disk / "uploads")
    with store.writer("u1") as writer:
        await writer.write(bytes(200_000))  # too little to wake the thread for
        with pytest.raises(StorageFull):
            await writer.finish()
    await until_empty(store)


async def test_two_uploads_of_one_id_are_an_error(store: BundleStore) -> None:
    with store.writer("u1"), pytest.raises(StoreError, match="File exists"), store.writer("u1"):
        pass


async def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = BundleStore(tmp_path / "file" / "uploads")
    with pytest.raises(StoreError):
        store.free()
    with pytest.raises(StoreError), store.writer("u1"):
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


async def test_a_bundle_in_pieces_is_the_whole_in_the_end(store: BundleStore) -> None:
    content = os.urandom(3 * MIB)
    store.reserve("u1", len(content))
    assert store.reserved("u1") >= len(content)
    with store.resumed("u1") as writer:
        await writer.write(content[:MIB])
        assert await writer.pause() == MIB
    assert store.offset("u1") == MIB
    with store.resumed("u1") as writer:
        await writer.write(content[MIB:])
        assert await writer.finish() == len(content)
    assert store.path("u1").read_bytes() == content
    assert [entry.name for entry in store.path("u1").parent.iterdir()] == ["u1.raucb"]


async def test_only_synced_bytes_count_after_a_cut(store: BundleStore) -> None:
    store.reserve("u1", 2 * SYNC_BYTES)
    with store.resumed("u1") as writer:
        for _ in range(3 * SYNC_BYTES // MIB // 2):
            await writer.write(bytes(MIB))
        async with asyncio.timeout(PATIENCE_S):
            while not store.offset("u1"):  # noqa: ASYNC110 - the thread tells nobody
                await asyncio.sleep(0.001)
        assert SYNC_BYTES <= store.offset("u1") <= 3 * SYNC_BYTES // 2
        store.remove("u1")


async def test_what_cannot_be_reserved_leaves_no_file(small_disk: Path) -> None:
    store = BundleStore(small_disk / "uploads")
    store.free()
    with pytest.raises(StorageFull):
        store.reserve("u1", 3 * MIB)
    await until_empty(store)


async def test_under_its_name_a_bundle_is_whole(store: BundleStore) -> None:
    store.reserve("u1", 5)
    with store.resumed("u1") as writer:
        await writer.write(b"whole")
        await writer.finish()
    assert store.offset("u1") == 5


def test_an_offset_that_makes_no_sense_is_none(store: BundleStore) -> None:
    store.reserve("u1", 10)
    for text in ("11", "-1", "x"):
        (store.path("u1").parent / "u1.offset").write_text(text)
        assert store.offset("u1") == 0


async def test_a_whole_bundle_that_the_journal_does_not_know_of_waits_for_its_last_byte(store: BundleStore) -> None:
    content = os.urandom(MIB)
    store.reserve("u1", len(content))
    with store.resumed("u1") as writer:
        await writer.write(content)
        await writer.finish()
    store.reopen("u1")
    store.keep_only("u1")
    assert store.offset("u1") == len(content) - 1
    with store.resumed("u1") as writer:
        await writer.write(content[-1:])
        assert await writer.finish() == len(content)
    assert store.path("u1").read_bytes() == content


def test_a_part_that_waits_is_left_as_it_is(store: BundleStore) -> None:
    store.reserve("u1", 10)
    store.reopen("u1")
    assert [entry.name for entry in store.path("u1").parent.iterdir()] == ["u1.part"]


async def test_a_mark_that_is_written_while_its_bundle_is_removed_does_not_stay(
    store: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(path: Path, content: bytes) -> None:
        store.remove("u1")
        write_durably(path, content)

    monkeypatch.setattr(writer_module, "write_durably", late)
    store.reserve("u1", MIB)
    with store.resumed("u1") as writer:
        await writer.write(b"x")
        with contextlib.suppress(StoreError):
            await writer.pause()
    await until_empty(store)


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
