"""The status in words, for a person at a console: what the panel tells, and a little more."""

from collections.abc import Iterator
from math import floor
from typing import Any

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.update import Phase
from mapio_display.core.record import Result
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.status import KEYS
from mapio_display.core.text import printable
from mapio_display.core.update.obstacles import lasting
from mapio_display.words.catalogue import ENGLISH, Words


def in_words(status: dict[str, Any], words: Words = ENGLISH) -> str:
    """Word a status of ``/api/status``' shape, a line each; what is missing in it is passed over."""
    return "\n".join(f"{printable(label) + ':':<12} {printable(text)}" for label, text in _lines(status, words))


def of_offer(release: dict[str, Any], words: Words = ENGLISH) -> str:
    """Word what a status says of newer bundles: whether there is one, its size, and what is new in it."""
    if (version := release.get("version")) is None:
        return words.text("offer.none")
    size = release.get("size")
    sized = words.text("offer.available.size", version=version, size=size) if size else None
    lines = [sized or words.text("offer.available", version=version), *(release.get("notes") or "").split("\n")]
    return "\n".join(printable(line) for line in lines).strip()


def in_a_line(snapshot: Snapshot, words: Words = ENGLISH) -> str:
    """Word what the daemon is at, for systemd's ``STATUS=``."""
    update = snapshot.update
    if update.phase is not Phase.IDLE:
        error = {"message": words.say(update.error.message)} if update.error else None
        known = {"id": update.id, "phase": update.phase, "percent": update.percent, "error": error}
        return f"Update {_update({**known, 'message': words.say(update.message) if snapshot.judging else None})}"
    if snapshot.daemon.lifecycle is Lifecycle.WAITING:
        return "Waiting for the data partition" if snapshot.data_partition else "Starting"
    if snapshot.web.enabled:
        return words.say(snapshot.web.error) or snapshot.url or "No address yet"
    return "Web server off"


def _lines(status: dict[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    os, web, rauc = status.get("os") or {}, status.get("web") or {}, status.get("rauc") or {}
    yield "System", os.get("pretty") or os.get("version") or "unknown"
    addresses = (status.get("network") or {}).get("addresses") or []
    listed = ", ".join(f"{entry['address']} ({entry['interface']})" for entry in addresses)
    yield "Addresses", listed or "none; check the network cable"
    yield "Web server", _web(web)
    if address := web.get("wrong_pins_from"):
        yield "Sign-in", f"wrong PINs from {address}"
    hotspot = status.get("hotspot") or {}
    if hotspot.get("state") == "on":
        yield "Hotspot", f"{hotspot.get('ssid')}; its password is on the panel"
    elif error := hotspot.get("error"):
        yield "Hotspot", f"did not come up: {error}"
    if power := _power(status.get("power") or {}):
        yield "Power", power
    system = status.get("system") or {}
    if (free := system.get("data_free")) is not None:
        yield "Data", f"{words.amount(free, floor)} free"
    writable = system.get("data_writable")
    if why := lasting(status.get("data_partition"), writable, rauc.get("available"), rauc.get("fails")):
        yield "Updates", f"not possible: {words.in_short(why)}"
    update = status.get("update") or {}
    if update.get("phase") not in (None, "idle"):
        yield "Update", _update(update)
    if last := status.get("last_update"):
        yield "Last update", _last(last, words)
    elif status.get("last_update_known") is False:
        yield "Last update", "not known"
    if (release := status.get("release") or {}).get("version"):
        yield words.text("offer.label"), of_offer({**release, "notes": ""}, words)
    elif error := release.get("error"):
        yield words.text("offer.label"), words.text("offer.not-checked", reason=error["message"])
    for slot in status.get("slots") or []:
        if slot.get("bootname"):
            incomplete = slot.get("status") not in (None, "ok")
            described = f"{slot.get('version') or ('half written' if incomplete else 'version unknown')}"
            described += f", {slot.get('state')}"
            yield f"Slot {slot['bootname']}", described + (", bad" if slot.get("boot_status") == "bad" else "")
    yield from ((name, words.of_state(state)) for key in KEYS for name, state in _named_states(status.get(key.name)))
    if (status.get("panel") or {}).get("state") == "not-responding":
        yield "Panel", "does not answer"


def _named_states(fact: object) -> Iterator[tuple[str, str | None]]:
    """Of a fact that is a list of names with states: that is shown without a line of its own here."""
    for entry in fact if isinstance(fact, list) else ():
        match entry:
            case {"name": str() as name, "state": str() | None as state}:
                yield name, state


def _power(power: dict[str, Any]) -> str:
    mains = power.get("mains")
    source = "" if mains is None else "mains" if mains else "battery, no mains"
    full = f"{power['battery_percent']} %" if power.get("battery_percent") is not None else ""
    return ", ".join(filter(None, (source, full, "charging" if power.get("charging") else "")))


def _web(web: dict[str, Any]) -> str:
    if not web.get("enabled"):
        return "off; turn it on with: mapio-display web on"
    return web.get("error") or web.get("url") or "on, without an address"


def _update(update: dict[str, Any]) -> str:
    if error := update.get("error"):
        return f"{update['phase']}: {error['message']}"
    bundle = update.get("bundle") or {}
    what = bundle.get("version") or bundle.get("filename")
    if update["phase"] == Phase.INSTALLED:
        return f"installed{f' {what}' if what else ''}; restart the gateway to finish"
    percent = f" {update['percent']} %" if update.get("percent") is not None else ""
    message = f"; {update['message']}" if update.get("message") else ""
    others = ", by another program" if update["phase"] == Phase.INSTALLING and update.get("id") is None else ""
    # A restart that is to come says nothing more; after it, RAUC is asked.
    phase = "restarted" if update["phase"] == Phase.REBOOTING and message else update["phase"]
    return f"{phase}{f' {what}' if what else ''}{percent}{others}{message}"


def _last(last: dict[str, Any], words: Words) -> str:
    versions = f"{last.get('from_version') or '?'} to {last.get('to_version') or '?'}"
    reason = f" {last['reason']}" if last.get("reason") else ""
    when = last.get("finished_at") or "time unknown"
    result = last["result"] if last["result"] not in tuple(Result) else words.of_result("after-version", last["result"])
    return f"{versions} {result} ({when}).{reason}"
