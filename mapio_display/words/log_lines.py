"""The log: one line for each event that matters, made from two snapshots that follow one another.

Words come first, to be read; facts follow as ``key=value``, to be searched for (``journalctl -g UPDATE``).
What only a part of the daemon knows, a file's or the bus's own error, that part logs itself.
"""

import json
from collections.abc import Iterator, Mapping

from mapio_display.core.facts.daemon import Lifecycle
from mapio_display.core.facts.update import Step, Update
from mapio_display.core.facts.wifi import Wifi
from mapio_display.core.snapshot import Snapshot
from mapio_display.frozen import Frozen
from mapio_display.words.catalogue import ENGLISH

NONE: Mapping[str, str | int | None] = {}


class Line(Frozen):
    """One line of the log; ``grave`` ones need attention."""

    text: str
    grave: bool = False


def log_lines(before: Snapshot, after: Snapshot) -> Iterator[Line]:
    """The lines for what changed between two snapshots."""
    yield from _daemon(before, after)
    yield from _update(before.update, after.update, after)
    yield from _verdict(before, after)
    yield from _web(before, after)
    yield from _wifi(before.wifi, after.wifi)
    yield from _surroundings(before, after)
    version = after.release.version
    if version is not None and version != before.release.version:
        yield _line(f"Version {version} is available", {"running": after.os.version, "size": after.release.size})


def _line(words: str, facts: Mapping[str, str | int | None] = NONE, *, grave: bool = False) -> Line:
    pairs = (f"{key}={_value(value)}" for key, value in facts.items() if value is not None)
    return Line(" ".join((words, *pairs)), grave)


def _value(value: str | int) -> str:
    text = str(value)
    return text if text and all(c.isalnum() or c in "._:/+-" for c in text) else json.dumps(text, ensure_ascii=False)


def _daemon(before: Snapshot, after: Snapshot) -> Iterator[Line]:
    was, now = before.daemon, after.daemon
    if was.lifecycle is Lifecycle.WAITING and now.lifecycle in (Lifecycle.STARTING, Lifecycle.RUNNING):
        yield _line("Started", {"version": now.version, "os": after.os.version, "boot": after.boot_id})
    if now.ready and not was.ready:
        yield _line("Ready")
    if after.shutdown is not before.shutdown:
        yield (
            _line("The machine goes down", {"to": after.shutdown}) if after.shutdown else _line("The machine stays up")
        )
    if now.lifecycle is Lifecycle.STOPPING and was.lifecycle is not Lifecycle.STOPPING:
        yield _line("Stopping")


def _update(was: Update, now: Update, after: Snapshot) -> Iterator[Line]:
    name = f"Update {now.id}" if now.id else "No update"
    bundle, slot = now.bundle, now.record.target_slot if now.record else None
    if (now.step, now.id) != (was.step, was.id):  # another, or one that the first frame had only guessed at
        yield from _step(was, now, after)
    if (record := now.record) is not None and record.repaired and not (was.record and was.record.repaired):
        words = "an empty file system is written into the slot, and the bundle installed again"
        yield _line(f"{name}: {words}", {"slot": record.repaired}, grave=True)
    if now.cut_off and not was.cut_off and bundle is not None:
        yield _line(f"{name}: the sender is gone", {"received": bundle.received, "size": bundle.size})
    if now.begun and not was.begun and was.step is now.step is Step.INSTALLING:
        yield _line(f"{name}: RAUC installs", {"slot": slot})
    if now.stalled and not was.stalled:
        yield _line(f"{name}: {ENGLISH.say(now.message)}", grave=True)
    elif (text := ENGLISH.say(now.message)) and now.message != was.message and now.step is was.step is Step.INSTALLING:
        yield _line(f"{name}: RAUC: {text}")
    if now.error is not None and now.error != was.error:
        raw = {"code": now.error.code, "raw": now.error.detail}
        yield _line(f"{name}: {ENGLISH.say(now.error.message)}", raw, grave=True)


def _step(was: Update, now: Update, after: Snapshot) -> Iterator[Line]:
    name, bundle, slot = f"Update {now.id}", now.bundle, now.record.target_slot if now.record else None
    file: dict[str, str | int | None] = {"file": bundle.filename, "size": bundle.size} if bundle else {}
    if was.step is Step.FOREIGN:
        yield _line("The other program's installation is over")
    match now.step:
        case Step.RECEIVING if bundle:
            words = "goes on" if now.id == was.id else "is being received"
            yield _line(f"{name}: {words}", {**file, "received": bundle.received or None})
        case Step.PAUSED if bundle:
            yield _line(f"{name}: waits for its rest", {**file, "received": bundle.received})
        case Step.INSPECTING:
            yield _line(f"{name}: is received, RAUC looks into it", file)
        case Step.PREPARING if bundle:
            versions = {"from": after.os.version, "to": bundle.version}
            yield _line(f"{name}: RAUC takes the bundle", {**versions, "slot": slot})
        case Step.REPAIRING:
            raw = now.record.last_error if now.record else None
            yield _line(f"{name}: RAUC cannot mount the slot for the bundle's hook", {"raw": raw}, grave=True)
        case Step.FINISHING:
            yield _line(f"{name}: is installed", {"slot": slot})
        case Step.INSTALLED if now.error is None:
            yield _line(f"{name}: waits for the restart")
        case Step.REBOOTING:
            yield _line("Asking for the restart", {"update": now.id})
        case Step.JUDGING if now.message and not now.stalled:
            yield _line(f"{name}: {ENGLISH.say(now.message)}", {"stage": now.record.stage if now.record else None})
        case Step.FOREIGN:
            yield _line("Another program has RAUC install something")
        case Step.IDLE if was.step is Step.PAUSED:
            yield _line(f"Update {was.id}: its half is dropped")
        case _:
            pass


def _verdict(before: Snapshot, after: Snapshot) -> Iterator[Line]:
    last, known = after.last_update, before.last_update
    if (
        last is None
        or (before.daemon.lifecycle is Lifecycle.WAITING and last.finished_at == after.not_before)
        or (known and (known.id, known.result, known.reason) == (last.id, last.result, last.reason))
    ):
        cancelled = before.update.step is Step.RECEIVING and after.update.step is Step.IDLE
        if cancelled:
            yield _line(f"Update {before.update.id}: is given up")
        return
    reason = ENGLISH.say(last.reason) or None
    facts = {"from": last.from_version, "to": last.to_version, "slot": last.slot, "reason": reason}
    yield _line(f"Update {last.id}: {last.result}", facts, grave=last.result.is_bad)


def _web(before: Snapshot, after: Snapshot) -> Iterator[Line]:
    was, now = before.web, after.web
    if now.enabled is not was.enabled:
        yield _line(f"The web server is switched {'on' if now.enabled else 'off'}")
    if now.listening is not was.listening:
        yield (
            _line("The web server listens", {"port": now.port}) if now.listening else _line("The web server is closed")
        )
    if now.error is not None and now.error != was.error:
        yield _line(f"The web server cannot be opened: {ENGLISH.say(now.error)}", grave=True)


def _wifi(was: Wifi, now: Wifi) -> Iterator[Line]:
    if now.joining is not None and (was.joining is None or now.joining.stage is not was.joining.stage):
        yield _line(f"Wi-Fi: {now.joining.stage}", {"ssid": now.joining.ssid.name})
    if now.error is not None and now.error != was.error:
        ssid = now.result.name if now.result else None
        facts = {"ssid": ssid, "code": now.error.code, "raw": now.error.detail}
        yield _line(f"Wi-Fi: {ENGLISH.say(now.error.message)}", facts, grave=True)
    elif now.joining is None and now.result is not None and was.joining is not None:
        yield _line("Wi-Fi: joined and saved", {"ssid": now.result.name})
    if now.joined != was.joined:
        yield _line("Wi-Fi: connected", {"ssid": now.joined.name}) if now.joined else _line("Wi-Fi: not connected")
    if now.scan_error is not None and now.scan_error != was.scan_error:
        facts = {"code": now.scan_error.code, "raw": now.scan_error.detail}
        yield _line("Wi-Fi: no networks found", facts, grave=True)


def _rauc(snapshot: Snapshot) -> str:
    """What is to be said of RAUC; empty while it is not known."""
    rauc = snapshot.rauc
    if rauc.available is not False:
        return "answers" if rauc.available else ""
    if rauc.fails:
        return "does not start; its log says why: journalctl -u rauc"
    return "has not answered yet; it is asked again" if rauc.slow else "is not on D-Bus and cannot be started there"


def _surroundings(before: Snapshot, after: Snapshot) -> Iterator[Line]:
    address = after.network.primary
    if address != before.network.primary:
        if address is None:
            yield _line("No address")
        else:
            yield _line(f"Address {address.address}", {"interface": address.interface})
    if _rauc(after) != _rauc(before) and (words := _rauc(after)):
        yield _line(f"RAUC {words}", grave=not after.rauc.available)
    if (why := after.hotspot.error) is not None and why != before.hotspot.error:
        yield _line(f"The hotspot cannot be switched: {ENGLISH.say(why)}", grave=True)
    error = after.picture.error if after.picture else None
    if error is not None and not (before.picture and before.picture.error == error):
        yield _line(f"No picture: {ENGLISH.say(error)}", grave=True)
    if after.system.data_writable is not before.system.data_writable:
        if after.system.data_writable is False:
            yield _line("The data partition cannot be written", grave=True)
        elif before.system.data_writable is False:
            yield _line("The data partition can be written again")
    if after.power.mains is not before.power.mains and after.power.mains is not None:
        yield _line("On mains" if after.power.mains else "On battery", {"percent": after.power.battery_percent})
