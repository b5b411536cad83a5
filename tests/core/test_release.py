"""Newer bundles: what is offered, to whom, and what the owner's wishes do."""

from dataclasses import replace

import pytest

from mapio_display.core.facts.clock import Tick
from mapio_display.core.facts.rauc import RaucFound
from mapio_display.core.facts.release import (
    Announcement,
    CheckDue,
    CheckFailed,
    CheckRequested,
    DismissRequested,
    DownloadFailed,
    InstallRequested,
    ReleaseAnnounced,
    ReleaseRestored,
    is_shown,
)
from mapio_display.core.facts.system import OsRelease
from mapio_display.core.facts.update import Step, UploadCutOff, UploadOpened, UploadProgress
from mapio_display.core.failures import failure
from mapio_display.core.record import Origin
from mapio_display.core.status import from_json, to_json
from mapio_display.core.update.transfer import SILENCE_S, TAKEOVER_S
from mapio_display.errors import NotNow, Refused
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import Transcript

NEWER = Announcement("1.10.0", "http://example.org/m.raucb", 1000, notes="New\nthings")


@pytest.fixture
def play(running: Transcript) -> Transcript:
    running.snapshot = replace(running.snapshot, os=OsRelease(version="1.9.0"))
    running.feed(ReleaseRestored(number=30))
    return running


def offered(play: Transcript, announced: Announcement) -> str | None:
    play.feed(CheckDue(), ReleaseAnnounced(announced))
    return play.snapshot.release.version


def opening(play: Transcript) -> bool:
    return play.snapshot.release.opening


def cut_off(play: Transcript) -> bool:
    return play.snapshot.update.cut_off


def test_what_is_newer_is_offered_and_nothing_else(play: Transcript) -> None:
    assert offered(play, NEWER) == "1.10.0"
    assert (play.snapshot.release.size, play.snapshot.release.notes) == (1000, "New\nthings")
    for version in ("1.9.0", "1.8.9", "1.9.0-rc1", "strange"):
        assert offered(play, replace(NEWER, version=version)) is None
    assert (play.snapshot.release.size, play.snapshot.release.notes) == (None, None)


def test_once_it_runs_it_is_offered_no_longer(play: Transcript) -> None:
    offered(play, NEWER)
    play.snapshot = replace(play.snapshot, os=OsRelease(version="1.10.0"))
    play.feed(CheckDue())
    assert play.snapshot.release.version is None


def test_without_a_version_of_its_own_a_gateway_is_offered_nothing(play: Transcript) -> None:
    play.snapshot = replace(play.snapshot, os=OsRelease())
    assert offered(play, NEWER) is None


def test_a_rollout_reaches_the_numbers_up_to_its_share(play: Transcript) -> None:
    assert offered(play, replace(NEWER, rollout=29)) is None
    assert offered(play, replace(NEWER, rollout=30)) == "1.10.0"
    assert offered(play, replace(NEWER, rollout=0)) is None


def test_who_asks_gets_it_before_its_rollout_and_keeps_the_offer(play: Transcript) -> None:
    early = replace(NEWER, rollout=0)
    play.feed(CheckRequested(), ReleaseAnnounced(early))
    assert play.snapshot.release.version == "1.10.0"
    play.feed(CheckDue(), ReleaseAnnounced(None))
    assert play.snapshot.release.version == "1.10.0"
    assert offered(play, replace(early, version="1.11.0")) is None


def test_a_bundle_for_another_kind_of_device_is_not_offered(play: Transcript) -> None:
    play.feed(RaucFound("1.11", compatible="mapio-image"))
    assert offered(play, replace(NEWER, compatible="other")) is None
    assert offered(play, replace(NEWER, compatible="mapio-image")) == "1.10.0"


def test_a_dismissed_version_stays_quiet_and_the_next_one_does_not(play: Transcript) -> None:
    offered(play, NEWER)
    assert is_shown(play.snapshot)
    play.feed(DismissRequested())
    assert play.snapshot.release.version == "1.10.0"  # who looks for it finds it
    assert not is_shown(play.snapshot)
    offered(play, NEWER)
    assert not is_shown(play.snapshot)
    with pytest.raises(NotNow):
        play.feed(DismissRequested())
    offered(play, replace(NEWER, version="1.11.0"))
    assert is_shown(play.snapshot)


def test_a_failed_check_keeps_the_offer_and_says_why(play: Transcript) -> None:
    offered(play, NEWER)
    play.feed(CheckDue(), CheckFailed(failure("no-answer", host="example.org")))
    release = play.snapshot.release
    assert (release.version, release.checking) == ("1.10.0", False)
    assert release.error is not None
    assert release.error.code == "no-answer"
    offered(play, NEWER)
    assert play.snapshot.release.error is None


@pytest.mark.parametrize("code", ["not-secure.expired", "not-secure.not-yet-valid"])
def test_a_clock_that_is_not_set_is_named_as_the_reason(play: Transcript, code: str) -> None:
    play.feed(CheckFailed(failure(code)))
    assert play.snapshot.release.error == failure(code)
    play.wall = -1e9
    play.feed(CheckFailed(failure(code)), DownloadFailed(failure(code)))
    assert play.snapshot.release.error == play.snapshot.release.download_error == failure("not-secure.clock")


def test_without_an_address_to_ask_every_request_is_refused(running: Transcript) -> None:
    for request in (CheckRequested(), InstallRequested()):
        with pytest.raises(Refused) as refused:
            running.feed(request)
        assert refused.value.failure.code == "releases-off"
    running.feed(CheckDue())
    assert not running.snapshot.release.checking


def test_an_offer_is_installed_once_and_only_the_one_that_was_shown(play: Transcript) -> None:
    with pytest.raises(NotNow):
        play.feed(InstallRequested())
    offered(play, NEWER)
    with pytest.raises(NotNow):
        play.feed(InstallRequested("1.9.5"))
    play.feed(InstallRequested("1.10.0"))
    assert opening(play)
    play.feed(UploadOpened("u1", "m.raucb", 1000, resumable=True, origin=Origin(NEWER.url)))
    assert not opening(play)
    with pytest.raises(NotNow):
        play.feed(InstallRequested("1.10.0"))


def test_a_download_is_journalled_with_its_origin(play: Transcript) -> None:
    origin = Origin(NEWER.url, '"one"', "ab" * 32)
    play.feed(UploadOpened("u1", "m.raucb", 1000, resumable=True, origin=origin))
    assert play.snapshot.update.downloads
    assert play.snapshot.update.record is not None
    assert play.snapshot.update.record.origin == origin


def test_a_download_is_not_cut_off_by_a_moment_without_bytes_and_pauses_after_a_minute(play: Transcript) -> None:
    play.feed(UploadOpened("u1", "m.raucb", 1000, resumable=True, origin=Origin(NEWER.url)), UploadProgress("u1", 10))
    play.mono += TAKEOVER_S + 1
    play.feed(Tick())
    assert not cut_off(play)
    play.feed(UploadCutOff("u1", 20))
    assert cut_off(play)
    play.mono += SILENCE_S
    play.feed(Tick())
    assert play.snapshot.update.step is Step.PAUSED
    assert play.snapshot.last_update is None


def test_the_status_says_it_in_words_and_can_be_read_again(play: Transcript) -> None:
    offered(play, NEWER)
    play.feed(CheckFailed(failure("no-answer", host="example.org")))
    status = to_json(play.snapshot, ENGLISH.say)
    assert status["release"]["error"]["message"].startswith("The server example.org does not answer")
    again = from_json(status)
    assert (again.release.version, again.release.size) == ("1.10.0", 1000)
    assert is_shown(again)
