"""The status in words, for a person at a console."""

from dataclasses import replace

import pytest

from mapio_display.core.facts.data import DataAwaited, DataPartition
from mapio_display.core.facts.key import Key
from mapio_display.core.facts.power import PowerObserved
from mapio_display.core.facts.rauc import RaucFound, RaucInstalling, RaucProgress, SlotsRead
from mapio_display.core.facts.services import Service, ServicesObserved, ServiceState
from mapio_display.core.facts.system import System, SystemMeasured
from mapio_display.core.facts.update import Update, UploadOpened, UploadProgress
from mapio_display.core.facts.web import WrongPins
from mapio_display.core.message import message
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.status import to_json
from mapio_display.words import console as words
from mapio_display.words.catalogue import ENGLISH, of
from tests.core.conftest import NEXT_BOOT, SLOT_A, SLOT_B, Transcript
from tests.core.plays import INSTALLED, to_announcing, to_installing


def lines(transcript: Transcript) -> dict[str, str]:
    told = words.in_words(to_json(transcript.snapshot, ENGLISH.say), ENGLISH).splitlines()
    return {line.partition(":")[0]: line.partition(":")[2].strip() for line in told}


def test_at_rest(running: Transcript) -> None:
    running.feed(PowerObserved(mains=True, charging=True, volts=3.7))
    running.feed(SystemMeasured(System(data_free=23_990_000_000, data_writable=True)))
    told = lines(running)
    percent = running.snapshot.power.battery_percent
    assert told == {
        "System": "Mapio OS distribution 1.3.0",
        "Addresses": "none; check the network cable",
        "Web server": "on, without an address",
        "Power": f"mains, {percent} %, charging",
        "Data": "23 GB free",
        "Slot A": "1.3.0, booted",
        "Slot B": "1.2.0, inactive",
    }


def test_an_update_under_way_reports_step_percent_version_and_raucs_words(running: Transcript) -> None:
    running.feed(UploadOpened("u1", "good.raucb", 1000), UploadProgress("u1", 460))
    assert lines(running)["Update"] == "receiving good.raucb 46 %"
    again = Transcript()
    again.snapshot = replace(running.snapshot, update=Update())
    to_installing(again)
    assert lines(again)["Update"] == "installing 1.4.0 20 %; Updating slots"
    assert words.in_a_line(again.snapshot, ENGLISH).startswith("Update installing 20 %")


def test_an_install_of_another_program_is_called_so(running: Transcript) -> None:
    running.feed(RaucInstalling(), RaucProgress(40, "Copying image to rootfs.1", writing=True))
    assert lines(running)["Update"] == "installing 40 %, by another program; Copying image to rootfs.1"
    assert words.in_a_line(running.snapshot, ENGLISH) == "Update installing 40 %, by another program"


def test_after_the_restart_it_is_not_reported_as_still_restarting(running: Transcript, transcript: Transcript) -> None:
    to_announcing(running)
    assert lines(running)["Update"] == "rebooting 1.4.0"
    assert words.in_a_line(running.snapshot, ENGLISH) == "Update rebooting"
    transcript.start(record=INSTALLED, boot_id=NEXT_BOOT)
    assert lines(transcript)["Update"] == "restarted 1.4.0; Checking what became of the update"
    assert words.in_a_line(transcript.snapshot, ENGLISH) == "Update restarted; Checking what became of the update"


def test_an_update_that_waits_for_its_owner_says_what_for(transcript: Transcript) -> None:
    transcript.start(reboot="manual")
    transcript.feed(SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    to_announcing(transcript)
    assert lines(transcript)["Update"] == "installed 1.4.0; restart the gateway to finish"
    assert words.in_a_line(transcript.snapshot, ENGLISH) == "Update installed; restart the gateway to finish"


def test_a_last_update_whose_journal_is_lost_is_not_reported_as_none(running: Transcript) -> None:
    assert "Last update" not in lines(running)
    running.snapshot = replace(running.snapshot, last_update_known=False)
    assert lines(running)["Last update"] == "not known"


def test_why_there_are_no_updates(running: Transcript) -> None:
    running.feed(SystemMeasured(System(data_writable=False)))
    assert lines(running)["Updates"] == "not possible: data is read-only"
    running.snapshot = replace(running.snapshot, data_partition=DataPartition.MISSING)
    assert lines(running)["Updates"] == "not possible: no data partition"


def test_systemd_is_notified_of_what_is_waited_for(transcript: Transcript) -> None:
    assert words.in_a_line(transcript.snapshot, ENGLISH) == "Starting"
    transcript.feed(DataAwaited())
    assert words.in_a_line(transcript.snapshot, ENGLISH) == "Waiting for the data partition"


def test_wrong_pins_are_named(transcript: Transcript) -> None:
    transcript.start()
    assert "Sign-in" not in lines(transcript)
    transcript.feed(WrongPins("192.168.1.66", transcript.mono + 3600))
    assert lines(transcript)["Sign-in"] == "wrong PINs from 192.168.1.66"


def test_a_fact_that_is_a_list_of_names_with_states_is_shown_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "KEYS", (Key("pumps", tuple[str, ...], ()), Key("level", int, 0)))
    pumps = [{"name": "First", "state": "failed"}, {"name": "Second", "state": None}, {"name": "Third", "state": "wet"}]
    shown = words.in_words({"pumps": [*pumps, {"name": "Fourth"}, "Fifth"], "level": 3}, ENGLISH).splitlines()[3:]
    assert shown == ["First:       failed", "Second:      unknown", "Third:       wet"]


def test_services_have_a_line_each_in_the_readers_language(running: Transcript) -> None:
    docker = Service("Docker", "docker.service", ServiceState.FAILED)
    running.feed(ServicesObserved((docker, Service("MQTT", "mosquitto.service"))))
    assert lines(running).items() >= {("Docker", "failed"), ("MQTT", "unknown")}
    status = to_json(running.snapshot, of("de").say)
    assert "Docker:      ausgefallen" in words.in_words(status, of("de")).splitlines()


def in_language(transcript: Transcript, language: str) -> list[str]:
    reader = of(language)
    return words.in_words(to_json(transcript.snapshot, reader.say), reader).splitlines()


def test_the_status_in_french(running: Transcript) -> None:
    running.feed(PowerObserved(mains=True, charging=True, volts=3.7))
    running.feed(SystemMeasured(System(data_free=1_500_000_000, data_writable=False)))
    running.feed(RaucInstalling(), RaucProgress(40, "Copying image to rootfs.1", writing=True))
    assert in_language(running, "fr") == [
        "Système\xa0:      Mapio OS distribution 1.3.0",
        "Adresses\xa0:     aucune\u202f; vérifiez le câble réseau",
        "Serveur web\xa0:  activé, sans adresse",
        f"Alimentation\xa0: secteur, {running.snapshot.power.battery_percent}\xa0%, en charge",
        "Données\xa0:      1,5\xa0Go libres",
        "Mises à jour\xa0: impossibles\xa0: données en lecture seule",
        "Mise à jour\xa0:  installation 40\xa0%, par un autre programme\u202f; Copying image to rootfs.1",
        "Slot A\xa0:       1.3.0, démarré",
        "Slot B\xa0:       1.2.0, inactif",
    ]
    assert (
        words.in_a_line(running.snapshot, of("fr")) == "Mise à jour\xa0: installation 40\xa0%, par un autre programme"
    )


def test_the_status_in_german(transcript: Transcript) -> None:
    transcript.start(reboot="manual")
    transcript.feed(SlotsRead((SLOT_A, SLOT_B), "rootfs.0"), RaucFound(None))
    to_announcing(transcript)
    transcript.snapshot = replace(transcript.snapshot, web=replace(transcript.snapshot.web, enabled=False))
    assert in_language(transcript, "de") == [
        "System:      Mapio OS distribution 1.3.0",
        "Adressen:    keine; prüfen Sie das Netzwerkkabel",
        "Webserver:   aus; einschalten mit: mapio-display web on",
        "Update:      installiert 1.4.0; starten Sie zum Abschluss das Gateway neu",
        "Slot A:      1.3.0, gestartet",
        "Slot B:      1.4.0, inaktiv",
    ]


def test_the_last_update_in_each_language(transcript: Transcript) -> None:
    transcript.start()
    last = LastUpdate("u", Result.ROLLED_BACK, "1.3", "1.4", "B", "2026-11-23T14:05:00Z", message("rolled-back"))
    transcript.snapshot = replace(transcript.snapshot, last_update=last)
    said = {
        language: next(line for line in in_language(transcript, language) if "1.4" in line) for language in ("fr", "de")
    }
    assert said == {
        "fr": "Dernière mise à jour\xa0: 1.3 vers 1.4\xa0: retour arrière (2026-11-23T14:05:00Z). "
        "La passerelle utilise un autre système que le nouveau, pour une raison inconnue.",
        "de": "Letztes Update: 1.3 auf 1.4 zurückgenommen (2026-11-23T14:05:00Z). "
        "Das Gateway läuft mit einem anderen System als dem neuen; der Grund ist nicht bekannt.",
    }
