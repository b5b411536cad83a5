"""The status in words, for a console: what the panel shows, and more details."""

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
from mapio_display.words.catalogue import Words

_SECURITY = {"wpa2": "WPA2", "wpa2-wpa3": "WPA2/WPA3", "wpa3": "WPA3", "enterprise": "Enterprise"}


def in_words(status: dict[str, Any], words: Words) -> str:
    """Word a status of ``/api/status``' shape, a line each; what is missing in it is passed over."""
    lines = [(words.text("console.line", label=label), text) for label, text in _lines(status, words)]
    width = max(12, *(len(label) for label, _ in lines))
    return "\n".join(f"{printable(label):<{width}} {printable(text)}" for label, text in lines)


def of_offer(release: dict[str, Any], words: Words) -> str:
    """Word what a status says of newer bundles: whether there is one, its size, and what is new in it."""
    if (version := release.get("version")) is None:
        return words.text("offer.none")
    size = release.get("size")
    sized = words.text("offer.available.size", version=version, size=size) if size else None
    lines = [sized or words.text("offer.available", version=version), *(release.get("notes") or "").split("\n")]
    return "\n".join(printable(line) for line in lines).strip()


def of_networks(found: dict[str, Any], joined: dict[str, Any] | None, words: Words) -> str:
    """Word the networks that a scan found, and those that are saved besides, a line each; the one in use is marked."""
    networks, saved = found.get("networks") or [], found.get("saved") or []
    seen = {network["octets"] for network in networks}
    lines = [_network(network, joined, words) for network in networks]
    lines += [_network({**network, "saved": True}, joined, words) for network in saved if network["octets"] not in seen]
    if error := found.get("error"):
        lines.append(error["message"])
    return "\n".join(map(printable, lines)) or words.text("console.no-networks")


def _network(network: dict[str, Any], joined: dict[str, Any] | None, words: Words) -> str:
    used = joined is not None and joined.get("octets") == network["octets"]
    signal = "" if network.get("signal") is None else f"{network['signal']} dBm"
    known = (
        words.text("console.wifi-used") if used else words.text("console.wifi-saved") if network.get("saved") else ""
    )
    about = ", ".join(filter(None, (_SECURITY.get(network.get("security") or "", ""), known)))
    return f"{'*' if used else ' '} {signal:>8}  {network['name']}{f'  ({about})' if about else ''}"


def in_a_line(snapshot: Snapshot, words: Words) -> str:
    """Word what the daemon is at, for systemd's ``STATUS=``."""
    update = snapshot.update
    if update.phase is not Phase.IDLE:
        error = {"message": words.say(update.error.message)} if update.error else None
        known: dict[str, Any] = {"id": update.id, "phase": update.phase, "percent": update.percent, "error": error}
        known |= {"message": words.say(update.message) if snapshot.judging else None}
        return words.text("console.line-update", update=_update(known, words))
    if snapshot.daemon.lifecycle is Lifecycle.WAITING:
        return words.text("starting.data" if snapshot.data_partition else "starting")
    if snapshot.web.enabled:
        return words.say(snapshot.web.error) or snapshot.url or words.text("console.line-no-address")
    return words.text("console.line-web-off")


def _lines(status: dict[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    os, web, rauc = status.get("os") or {}, status.get("web") or {}, status.get("rauc") or {}
    yield words.text("console.system"), os.get("pretty") or os.get("version") or words.text("unknown")
    addresses = (status.get("network") or {}).get("addresses") or []
    listed = ", ".join(f"{entry['address']} ({entry['interface']})" for entry in addresses)
    yield words.text("console.addresses"), listed or words.text("console.no-address")
    yield words.text("console.web"), _web(web, words)
    if address := web.get("wrong_pins_from"):
        yield words.text("console.sign-in"), words.text("console.wrong-pins", address=address)
    hotspot = status.get("hotspot") or {}
    if hotspot.get("state") == "on":
        yield words.text("console.hotspot"), words.text("console.hotspot-on", ssid=hotspot.get("ssid") or "?")
    elif error := hotspot.get("error"):
        yield words.text("console.hotspot"), words.text("console.hotspot-failed", reason=error)
    yield from _wifi(status.get("wifi") or {}, words)
    if power := _power(status.get("power") or {}, words):
        yield words.text("console.power"), power
    system = status.get("system") or {}
    if (free := system.get("data_free")) is not None:
        yield words.text("console.data"), words.text("free", amount=words.amount(free, floor))
    writable = system.get("data_writable")
    if why := lasting(status.get("data_partition"), writable, *map(rauc.get, ("available", "fails", "slow"))):
        yield words.text("console.updates"), words.text("console.no-updates", why=words.in_short(why))
    update = status.get("update") or {}
    if update.get("phase") not in (None, "idle"):
        yield words.text("console.update"), _update(update, words)
    if last := status.get("last_update"):
        yield words.text("console.last-update"), _last(last, words)
    elif status.get("last_update_known") is False:
        yield words.text("console.last-update"), words.text("console.last-unknown")
    if (release := status.get("release") or {}).get("version"):
        yield words.text("offer.label"), of_offer({**release, "notes": ""}, words)
    elif error := release.get("error"):
        yield words.text("offer.label"), words.text("offer.not-checked", reason=error["message"])
    for slot in status.get("slots") or []:
        if slot.get("bootname"):
            yield words.text("slot", slot=slot["bootname"]), _slot(slot, words)
    yield from ((name, words.of_state(state)) for key in KEYS for name, state in _named_states(status.get(key.name)))
    if (status.get("panel") or {}).get("state") == "not-responding":
        yield words.text("console.panel"), words.text("console.panel-dead")


def _named_states(fact: object) -> Iterator[tuple[str, str | None]]:
    """Of a fact that is a list of names with states: that is shown without a line of its own here."""
    for entry in fact if isinstance(fact, list) else ():
        match entry:
            case {"name": str() as name, "state": str() | None as state}:
                yield name, state


def _wifi(wifi: dict[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    if error := wifi.get("error"):
        yield words.text("title.wifi"), error["message"]
    elif joined := wifi.get("joined"):
        yield words.text("title.wifi"), joined["name"]


def _power(power: dict[str, Any], words: Words) -> str:
    mains, percent = power.get("mains"), power.get("battery_percent")
    source = "" if mains is None else words.text("power.mains" if mains else "console.on-battery")
    full = words.text("percent", percent=percent) if percent is not None else ""
    return ", ".join(filter(None, (source, full, words.text("power.charging") if power.get("charging") else "")))


def _web(web: dict[str, Any], words: Words) -> str:
    if not web.get("enabled"):
        return words.text("console.web-off")
    return web.get("error") or web.get("url") or words.text("console.web-no-address")


def _slot(slot: dict[str, Any], words: Words) -> str:
    incomplete = slot.get("status") not in (None, "ok")
    held = slot.get("version") or words.text("slot.half-written" if incomplete else "console.version-unknown")
    state = words.of_state(slot.get("state"))
    return ", ".join(filter(None, (held, state, words.text("slot.bad") if slot.get("boot_status") == "bad" else "")))


def _update(update: dict[str, Any], words: Words) -> str:
    phase, message = update["phase"], update.get("message")
    said = words.text(f"console.phase-{phase}") if phase in tuple(Phase) else str(phase)
    if error := update.get("error"):
        return words.text("console.failed", phase=said, reason=error["message"])
    if phase == Phase.REBOOTING and message:  # a restart that is to come says nothing more; after it, RAUC is asked
        said = words.text("console.restarted")
    bundle, percent = update.get("bundle") or {}, update.get("percent")
    what = bundle.get("version") or bundle.get("filename")
    if phase == Phase.INSTALLED:
        return words.text("console.waits", update=f"{said} {what}" if what else said)
    done = " ".join(filter(None, (said, what, "" if percent is None else words.text("percent", percent=percent))))
    if phase == Phase.INSTALLING and update.get("id") is None:
        done = f"{done}, {words.text('by-another-program')}"
    return words.text("console.says", update=done, message=message) if message else done


def _last(last: dict[str, Any], words: Words) -> str:
    old, new = last.get("from_version") or "?", last.get("to_version") or "?"
    time = last.get("finished_at") or words.text("console.time-unknown")
    result = last["result"] if last["result"] not in tuple(Result) else words.of_result("after-version", last["result"])
    if reason := last.get("reason"):
        return words.text("console.last-because", old=old, new=new, result=result, time=time, reason=reason)
    return words.text("console.last", old=old, new=new, result=result, time=time)
