"""The status: the agreed shape, without secrets, and readable again."""

import json
from dataclasses import replace

import pytest

from mapio_display.core import status as status_module
from mapio_display.core.facts.daemon import Daemon, Lifecycle
from mapio_display.core.facts.key import Key
from mapio_display.core.facts.network import Address, NetworkChanged
from mapio_display.core.facts.power import Power, PowerObserved
from mapio_display.core.facts.services import SERVICES, Service, ServicesObserved, ServiceState
from mapio_display.core.facts.update import BundleInspected, Phase, UploadFinished, UploadOpened
from mapio_display.core.failures import Failure
from mapio_display.core.message import prose
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.status import from_json, to_json
from mapio_display.words.catalogue import ENGLISH
from tests.core.conftest import Transcript

WHY = prose("slot B did not start")
LAST = LastUpdate("u0", Result.ROLLED_BACK, "1.3.0", "1.5.0", "B", "2026-11-23T14:05:00Z", WHY)

SHAPE = {
    "daemon": {"version", "started_at", "ready"},
    "boot_id": None,
    "os": {"name", "version", "pretty"},
    "hostname": None,
    "network": {"default_interface", "addresses"},
    "web": {"enabled", "url", "error", "wrong_pins_from"},
    "hotspot": {"state", "ssid", "error"},
    "wifi": {"available", "interface", "joined", "joining", "scanning", "saving", "result", "error"},
    "rauc": {"available", "version", "fails", "slow", "compatible"},
    "power": {"mains", "charging", "battery_percent", "battery_volts"},
    "system": {
        "load",
        "cores",
        "memory_total",
        "memory_available",
        "data_total",
        "data_free",
        "temperature",
        "uptime",
        "data_writable",
    },
    "data_partition": None,
    "slots": None,
    "update": {"id", "phase", "percent", "message", "bundle", "error"},
    "last_update": {"id", "result", "from_version", "to_version", "slot", "finished_at", "reason", "reason_code"},
    "last_update_known": None,
    "release": {
        "enabled",
        "version",
        "notes",
        "size",
        "dismissed",
        "checking",
        "opening",
        "checked_at",
        "error",
        "download_error",
        "number",
    },
    "panel": {"state", "view", "full_refreshes", "partial_refreshes", "last_refresh_at"},
    "services": None,
}


@pytest.fixture
def busy(running: Transcript) -> Transcript:
    running.snapshot = replace(running.snapshot, last_update=LAST)
    running.feed(
        NetworkChanged("eth0", (Address("eth0", "192.168.1.20"),), "mapio"),
        UploadOpened("u1", "good.raucb", 1000),
        UploadFinished("u1", 1000),
        BundleInspected("u1", "1.4.0"),
    )
    return running


def test_the_status_has_the_agreed_shape(busy: Transcript) -> None:
    status = to_json(busy.snapshot, ENGLISH.say)
    assert set(status) == set(SHAPE)
    for key, parts in SHAPE.items():
        if parts is not None:
            assert set(status[key]) == parts
    slot = {"name", "bootname", "state", "boot_status", "version", "installed_at", "status"}
    assert set(status["slots"][0]) == slot
    assert set(status["update"]["bundle"]) == {"filename", "size", "received", "version"}
    assert status["network"]["addresses"] == [{"interface": "eth0", "address": "192.168.1.20", "house": True}]
    assert status["web"]["url"] == "http://192.168.1.20/"


def test_no_secret_is_in_the_status(busy: Transcript) -> None:
    assert busy.snapshot.pin == "012345"
    assert "012345" not in json.dumps(to_json(busy.snapshot, ENGLISH.say))


def test_a_status_is_read_again_as_it_was(busy: Transcript) -> None:
    failed = replace(busy.snapshot.update, phase=Phase.FAILED, error=Failure("damaged", prose("Not a bundle."), "raw"))
    guessed = replace(busy.snapshot.web, wrong_pins_from="192.168.1.66")
    for snapshot in (busy.snapshot, replace(busy.snapshot, update=failed), replace(busy.snapshot, web=guessed)):
        status = json.loads(json.dumps(to_json(snapshot, ENGLISH.say)))
        assert to_json(from_json(status), ENGLISH.say) == status


def test_services_are_listed_by_name_and_read_again(busy: Transcript) -> None:
    docker = Service("Docker", "docker.service", ServiceState.FAILED)
    busy.feed(ServicesObserved((docker, Service("MQTT", "mosquitto.service"))))
    status = json.loads(json.dumps(to_json(busy.snapshot, ENGLISH.say)))
    assert status["services"] == [
        {"name": "Docker", "unit": "docker.service", "state": "failed"},
        {"name": "MQTT", "unit": "mosquitto.service", "state": None},
    ]
    assert from_json(status)[SERVICES] == busy.snapshot[SERVICES]
    with pytest.raises(ValueError, match=r"^services\[0\].state: 'dancing' is none of running"):
        from_json({"services": [{"name": "Docker", "unit": "docker.service", "state": "dancing"}]})


def test_what_a_subject_keeps_under_a_key_is_in_the_status_and_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    key: Key[tuple[Address, ...]] = Key("neighbours", tuple[Address, ...], ())
    monkeypatch.setattr(status_module, "KEYS", (key,))
    snapshot = Snapshot(Daemon("0"))
    assert (snapshot[key], to_json(snapshot, ENGLISH.say)["neighbours"]) == ((), [])
    snapshot = snapshot.knowing(key, (Address("eth0", "192.168.1.20"),))
    status = json.loads(json.dumps(to_json(snapshot, ENGLISH.say)))
    assert status["neighbours"] == [{"interface": "eth0", "address": "192.168.1.20", "house": True}]
    assert from_json(status)[key] == snapshot[key]
    with pytest.raises(ValueError, match=r"^neighbours\[0\].address: must be"):
        from_json({"neighbours": [{"interface": "eth0", "address": 1}]})


def test_an_empty_status_is_a_gateway_of_which_nothing_is_known() -> None:
    snapshot = from_json({})
    assert (snapshot.network.primary, snapshot.slots, snapshot.last_update) == (None, (), None)
    assert snapshot == Snapshot(Daemon("", lifecycle=Lifecycle.RUNNING))


def test_what_is_not_known_stays_unknown() -> None:
    status = json.loads(json.dumps(to_json(Snapshot(Daemon("0")), ENGLISH.say)))
    assert status["rauc"] == {"available": None, "version": None, "fails": False, "slow": False, "compatible": None}
    assert to_json(from_json(status), ENGLISH.say) == status


def test_a_last_update_of_which_little_is_known_is_read_again() -> None:
    last = LastUpdate("u0", Result.INTERRUPTED, None, None, None, None)
    status = json.loads(json.dumps(to_json(Snapshot(Daemon("0"), last_update=last), ENGLISH.say)))
    assert from_json(status).last_update == last
    assert from_json({"last_update": {"id": "u0", "result": "interrupted"}}).last_update == last


@pytest.mark.parametrize(
    ("status", "key"),
    [
        ([], "the status"),
        ({"os": []}, "os"),
        ({"hostname": 5}, "hostname"),
        ({"update": {"phase": "dancing"}}, "update.phase"),
        ({"update": {"percent": "47"}}, "update.percent"),
        ({"update": {"percent": True}}, "update.percent"),
        ({"slots": [{"name": "rootfs.0"}, {"name": 1}]}, "slots[1].name"),
        ({"network": {"addresses": {}}}, "network.addresses"),
        ({"last_update": {"result": "lost"}}, "last_update.result"),
        ({"rauc": {"available": "yes"}}, "rauc.available"),
        ({"web": {"url": "http://192.168.1.20:99999/"}}, "web.url"),
        ({"web": {"url": "http://[::1/"}}, "web.url"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_by_its_key(status: object, key: str) -> None:
    with pytest.raises(ValueError, match=r"must be|is none of|is not a URL") as error:
        from_json(status)
    assert str(error.value).startswith(f"{key}: ")


def test_power_is_read_back(busy: Transcript) -> None:
    busy.feed(PowerObserved(mains=True, charging=False, volts=3.75))
    assert from_json(to_json(busy.snapshot, ENGLISH.say)).power == Power(True, False, 90, 3.75)
