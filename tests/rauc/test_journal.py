"""The journal keeps what was written, and believes nothing that it cannot understand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mapio_display.core.message import Message, message, prose
from mapio_display.core.record import Counters, LastUpdate, Record, Result, Stage
from mapio_display.errors import StoreError
from mapio_display.rauc.journal import Journal

RECORD = Record("u1", Stage.INSTALLING, "boot", "A", "1.3.0", "B", "1.4.0", 4, 4, "büçket.raucb", 1000)
RECORD = replace(RECORD, counters=(Counters("rootfs.0", 1, 1), Counters("rootfs.1", 4, 4)), repaired="rootfs.1")
LAST = LastUpdate(
    "u0", Result.ROLLED_BACK, "1.3.0", "1.5.0", "B", "2026-11-23T14:05:00Z", prose("slot B did not start")
)


@pytest.mark.parametrize("record", [None, RECORD, *(replace(RECORD, stage=stage) for stage in Stage)])
@pytest.mark.parametrize("last", [None, LAST, *(replace(LAST, result=result, reason=None) for result in Result)])
def test_what_was_written_is_read_again(tmp_path: Path, record: Record | None, last: LastUpdate | None) -> None:
    Journal(tmp_path / "data").save(record, last)
    assert Journal(tmp_path / "data").load() == (record, last)


def test_without_a_journal_there_was_no_update(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.load() == (None, None)
    assert not journal.lost


def test_what_was_lost_stays_unknown_through_restarts_until_there_is_another_verdict(tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_bytes(b"\0" * 100)
    for record in (None, RECORD, None):
        journal = Journal(tmp_path)
        assert journal.load()[1] is None
        assert journal.lost
        journal.save(record, None)
    journal.save(None, LAST)
    assert journal.load() == (None, LAST)
    assert not journal.lost


def test_a_journal_that_the_disk_does_not_give_back_is_no_proof_that_there_was_no_update(tmp_path: Path) -> None:
    (tmp_path / "journal.json").mkdir()
    journal = Journal(tmp_path)
    assert journal.load() == (None, None)
    assert journal.lost


@pytest.mark.slow
def test_a_journal_cut_anywhere_is_kept_aside_and_not_believed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.save(RECORD, LAST)
    whole = (tmp_path / "journal.json").read_bytes().rstrip()
    for length in range(len(whole)):
        (tmp_path / "journal.json").write_bytes(whole[:length])
        assert journal.load() == (None, None)
        assert (tmp_path / "journal.unreadable.json").read_bytes() == whole[:length]
        assert not (tmp_path / "journal.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"record": {"stage": "dancing"}, "last_update": null}',
        b'{"record": {"stage": "receiving"}, "last_update": null}',
        b'{"record": 5, "last_update": null}',
        b'{"record": "receiving", "last_update": null}',
        b"[" * 100_000,
        b'{"record": null, "last_update": {"result": "succeeded", "more": 1}}',
    ],
)
def test_a_journal_of_another_form_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal.json").write_bytes(content)
    assert Journal(tmp_path).load() == (None, None)
    assert (tmp_path / "journal.unreadable.json").read_bytes() == content


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("counters", 5),
        ("counters", [5]),
        ("counters", [{"slot": "rootfs.1"}]),
        ("installed_count", "4"),
        ("id", 5),
        ("size", 1.5),
        ("resumable", None),
        ("expires_at", "soon"),
    ],
)
def test_a_record_with_a_value_of_another_type_is_kept_aside(tmp_path: Path, field: str, value: object) -> None:
    Journal(tmp_path).save(RECORD, LAST)
    content = json.loads((tmp_path / "journal.json").read_bytes())
    content["record"][field] = value
    (tmp_path / "journal.json").write_text(json.dumps(content))
    assert Journal(tmp_path).load() == (None, None)
    assert (tmp_path / "journal.unreadable.json").exists()


def test_what_another_version_of_the_daemon_wrote_beside_is_passed_over(tmp_path: Path) -> None:
    Journal(tmp_path).save(RECORD, LAST)
    content = json.loads((tmp_path / "journal.json").read_bytes())
    content["record"]["mood"] = content["last_update"]["mood"] = "good"
    del content["record"]["fingerprint"]
    (tmp_path / "journal.json").write_text(json.dumps(content))
    assert Journal(tmp_path).load() == (RECORD, LAST)


def test_a_journal_that_cannot_be_written_says_so_and_leaves_the_old_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.save(RECORD, None)
    (tmp_path / ".journal.json.new").mkdir()
    with pytest.raises(StoreError, match=r"journal\.json"):
        journal.save(None, LAST)
    assert journal.load() == (RECORD, None)


REASONS = [message("rolled-back.never", slot="B"), message("no-space", needed=2, available=1), prose("RAUC's words")]


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.code)
def test_a_reason_is_kept_with_its_code_and_facts(tmp_path: Path, reason: Message) -> None:
    journal = Journal(tmp_path)
    journal.save(None, replace(LAST, reason=reason))
    assert journal.load() == (None, replace(LAST, reason=reason))


def test_version_01_finds_no_reason_in_place_of_one_that_it_cannot_read(tmp_path: Path) -> None:
    Journal(tmp_path).save(None, replace(LAST, reason=message("rolled-back.never", slot="B")))
    kept = json.loads((tmp_path / "journal.json").read_bytes())["last_update"]
    assert "reason" not in kept, "it took a text there, and believed no journal that held anything else"
    assert (kept["reason_code"], kept["reason_facts"]) == ("rolled-back.never", {"slot": "B"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, None),
        ("Slot B did not start.", prose("Slot B did not start.")),
        # This one is asked about again when RAUC tells more.
        ("The gateway runs another system than the new one, and the reason is not known.", message("rolled-back")),
    ],
)
def test_a_reason_of_version_01_is_read(tmp_path: Path, text: str | None, reason: Message | None) -> None:
    last = {
        "id": "u0",
        "result": "rolled-back",
        "from_version": "1.3.0",
        "to_version": "1.5.0",
        "slot": "B",
        "finished_at": "2026-11-23T14:05:00Z",
        "reason": text,
        "acknowledged": False,
        "from_slot": None,
    }
    (tmp_path / "journal.json").write_text(json.dumps({"record": None, "last_update": last}))
    assert Journal(tmp_path).load() == (None, replace(LAST, reason=reason))


@pytest.mark.parametrize(
    "bad",
    [
        {"reason_code": 1},
        {"reason_code": "no code\n"},
        {"reason_code": "failed", "reason_facts": []},
        {"reason_code": "failed", "reason_facts": {"slot": ["B"]}},
        {"reason_code": "failed", "reason_facts": {str(n): n for n in range(100)}},
        {"reason": 7},
    ],
)
def test_a_reason_that_cannot_have_been_written_is_not_believed(tmp_path: Path, bad: dict[str, object]) -> None:
    last = {"id": "u0", "result": "failed", "from_version": None, "to_version": None, "slot": None, "finished_at": None}
    (tmp_path / "journal.json").write_text(json.dumps({"record": None, "last_update": last | bad}))
    journal = Journal(tmp_path)
    assert journal.load() == (None, None)
    assert journal.lost
