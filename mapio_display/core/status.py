"""The snapshot as others see it: to JSON for ``/api/status``, and from it again to draw a status somebody sent.

What is secret (the PIN, the hotspot's password) or of no meaning outside (deadlines, the journal's record) is not in
it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from mapio_display.core.facts.daemon import Daemon, Lifecycle
from mapio_display.core.facts.data import DataPartition
from mapio_display.core.facts.hotspot import Hotspot, HotspotState
from mapio_display.core.facts.network import Address, Network
from mapio_display.core.facts.panel import Panel, PanelState
from mapio_display.core.facts.power import Power
from mapio_display.core.facts.rauc import Rauc, Slot
from mapio_display.core.facts.system import OsRelease, System
from mapio_display.core.facts.update import Bundle, Phase, Step, Update
from mapio_display.core.facts.web import Web
from mapio_display.core.failures import Failure
from mapio_display.core.record import LastUpdate, Result
from mapio_display.core.snapshot import Snapshot

_Kind = TypeVar("_Kind", bound=StrEnum)


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """Give the public part of the snapshot, ready for ``json.dumps``."""
    update, last = snapshot.update, snapshot.last_update
    return {
        "daemon": {
            "version": snapshot.daemon.version,
            "started_at": snapshot.daemon.started_at,
            "ready": snapshot.daemon.ready,
        },
        "boot_id": snapshot.boot_id,
        "os": asdict(snapshot.os),
        "hostname": snapshot.hostname,
        "network": {
            "default_interface": snapshot.network.default_interface,
            "addresses": [asdict(address) for address in snapshot.network.addresses],
        },
        "web": {
            "enabled": snapshot.web.enabled,
            "url": snapshot.url,
            "error": snapshot.web.error,
            "wrong_pins_from": snapshot.web.wrong_pins_from,
        },
        "hotspot": {
            "state": snapshot.hotspot.state,
            "ssid": snapshot.hotspot.ssid,
            "error": snapshot.hotspot.error,
        },
        "rauc": asdict(snapshot.rauc),
        "power": asdict(snapshot.power),
        "data_partition": snapshot.data_partition,
        "system": asdict(snapshot.system),
        "slots": [
            {
                "name": slot.name,
                "bootname": slot.bootname,
                "state": slot.state,
                "boot_status": slot.boot_status,
                "version": slot.version,
                "installed_at": slot.installed_at,
                "status": slot.status,
            }
            for slot in snapshot.slots
        ],
        "update": {
            "id": update.id,
            "phase": update.phase,
            "percent": update.percent,
            "message": update.message,
            "bundle": asdict(update.bundle) if update.bundle else None,
            "error": asdict(update.error) if update.error else None,
        },
        "last_update": {
            "id": last.id,
            "result": last.result,
            "from_version": last.from_version,
            "to_version": last.to_version,
            "slot": last.slot,
            "finished_at": last.finished_at,
            "reason": last.reason,
        }
        if last
        else None,
        "last_update_known": last is not None or snapshot.last_update_known,
        "panel": asdict(snapshot.panel),
    }


def from_json(status: object) -> Snapshot:
    """Make a snapshot of a status, as far as it goes; what is missing is unknown.

    Raises ``ValueError`` naming the key that has a value of the wrong kind.
    """
    root = _Reader(status, "")
    daemon, os, network, web, rauc = (root.part(key) for key in ("daemon", "os", "network", "web", "rauc"))
    host, port = web.host_and_port("url")
    phase = root.part("update").choice("phase", Phase) or Phase.IDLE
    return Snapshot(
        daemon=Daemon(
            daemon.text("version") or "",
            daemon.text("started_at"),
            bool(daemon.flag("ready")),
            Lifecycle.RUNNING,
        ),
        boot_id=root.text("boot_id"),
        os=OsRelease(os.text("name"), os.text("version"), os.text("pretty")),
        hostname=root.text("hostname"),
        network=Network(
            network.text("default_interface"),
            tuple(
                Address(entry.text("interface") or "", entry.text("address") or "", entry.flag("house") is not False)
                for entry in network.parts("addresses")
            ),
        ),
        web=Web(
            web.flag("enabled") is not False,
            host is not None,
            host,
            port,
            web.text("error"),
            wrong_pins_from=web.text("wrong_pins_from"),
        ),
        hotspot=_hotspot(root.part("hotspot")),
        rauc=Rauc(rauc.flag("available"), rauc.text("version"), bool(rauc.flag("fails"))),
        slots=tuple(
            Slot(
                entry.text("name") or "",
                entry.text("bootname"),
                entry.text("state"),
                entry.text("boot_status"),
                entry.text("version"),
                entry.text("installed_at"),
                status=entry.text("status"),
            )
            for entry in root.parts("slots")
        ),
        update=_update(root.part("update"), phase),
        last_update=_last_update(root.part("last_update")),
        last_update_known=root.flag("last_update_known") is not False,
        panel=_panel(root.part("panel")),
        data_partition=root.choice("data_partition", DataPartition),
        system=_system(root.part("system")),
        power=_power(root.part("power")),
    )


def _update(update: "_Reader", phase: Phase) -> Update:
    bundle, error = update.part("bundle"), update.part("error")
    return Update(
        step=Step(phase.value),
        phase=phase,
        id=update.text("id"),
        percent=update.number("percent"),
        message=update.text("message"),
        bundle=Bundle(
            bundle.text("filename") or "", bundle.number("size"), bundle.number("received") or 0, bundle.text("version")
        )
        if bundle
        else None,
        error=Failure(error.text("code") or "", error.text("message") or "", error.text("detail")) if error else None,
    )


def _last_update(last: "_Reader") -> LastUpdate | None:
    result = last.choice("result", Result)
    if result is None:
        return None
    return LastUpdate(
        last.text("id") or "",
        result,
        last.text("from_version"),
        last.text("to_version"),
        last.text("slot"),
        last.text("finished_at"),
        last.text("reason"),
    )


def _panel(panel: "_Reader") -> Panel:
    return Panel(
        panel.choice("state", PanelState),
        panel.text("view"),
        panel.number("full_refreshes") or 0,
        panel.number("partial_refreshes") or 0,
        panel.text("last_refresh_at"),
    )


def _hotspot(hotspot: "_Reader") -> Hotspot:
    return Hotspot(hotspot.choice("state", HotspotState), ssid=hotspot.text("ssid"), error=hotspot.text("error"))


def _power(power: "_Reader") -> Power:
    return Power(
        power.flag("mains"), power.flag("charging"), power.number("battery_percent"), power.amount("battery_volts")
    )


def _system(system: "_Reader") -> System:
    return System(
        system.amount("load"),
        system.number("cores"),
        system.number("memory_total"),
        system.number("memory_available"),
        system.number("data_total"),
        system.number("data_free"),
        system.number("temperature"),
        system.number("uptime"),
        system.flag("data_writable"),
    )


class _Reader:
    """Reads one JSON object; ``path`` says where it stands."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, Mapping):
            raise ValueError(f"{path.rstrip('.') or 'the status'}: must be an object")  # noqa: TRY004 - bad content
        self._value = value
        self._path = path

    def __bool__(self) -> bool:
        return bool(self._value)

    def text(self, key: str) -> str | None:
        """The string at ``key``."""
        value: str | None = self._read(key, "a string", lambda value: isinstance(value, str))
        return value

    def number(self, key: str) -> int | None:
        """The whole number at ``key``."""
        value: int | None = self._read(key, "a whole number", lambda value: type(value) is int)
        return value

    def amount(self, key: str) -> float | None:
        """The number at ``key``."""
        value: float | None = self._read(key, "a number", lambda value: type(value) in (int, float))
        return value

    def flag(self, key: str) -> bool | None:
        """The truth at ``key``."""
        value: bool | None = self._read(key, "true or false", lambda value: isinstance(value, bool))
        return value

    def host_and_port(self, key: str) -> tuple[str | None, int]:
        """The host and the port of the URL at ``key``."""
        text = self.text(key)
        try:
            url = urlsplit(text or "")
            host, port = url.hostname, url.port
        except ValueError:
            raise ValueError(f"{self._path}{key}: {text!r} is no URL") from None
        return host, port or 80

    def choice(self, key: str, kind: type[_Kind]) -> _Kind | None:
        """The one of a set of names at ``key``."""
        value = self.text(key)
        try:
            return None if value is None else kind(value)
        except ValueError:
            raise ValueError(f"{self._path}{key}: {value!r} is none of {', '.join(kind)}") from None

    def part(self, key: str) -> "_Reader":
        """The object at ``key``; an empty one where it is missing."""
        value = self._value.get(key)
        return _Reader({} if value is None else value, f"{self._path}{key}.")

    def parts(self, key: str) -> "list[_Reader]":
        """The objects in the list at ``key``."""
        values = self._read(key, "a list", lambda value: isinstance(value, list)) or []
        return [_Reader(value, f"{self._path}{key}[{index}].") for index, value in enumerate(values)]

    def _read(self, key: str, kind: str, fits: Callable[[Any], bool]) -> Any:
        value = self._value.get(key)
        if value is not None and not fits(value):
            raise ValueError(f"{self._path}{key}: must be {kind}, not {value!r}")
        return value
