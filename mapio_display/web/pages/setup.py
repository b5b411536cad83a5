"""The set-up page's part that changes: from the snapshot to what its template shows."""

from collections.abc import Sequence

from mapio_display.core.facts.hotspot import HotspotState
from mapio_display.core.facts.wifi import NO_WIFI, Wifi, WifiNetwork, WifiStage
from mapio_display.core.failures import Failure
from mapio_display.core.public_keys import PublicKey
from mapio_display.core.snapshot import Snapshot
from mapio_display.core.ssid import Security, Ssid
from mapio_display.core.text import printable
from mapio_display.frozen import Frozen
from mapio_display.web.pages.sentences import Banner
from mapio_display.words.catalogue import Words

_STRENGTHS = (-55, -65, -75)  # dBm: from which on a signal has 4, 3 and 2 bars


class Network(Frozen):
    """A network as the page lists it.

    ``octets`` are its name's bytes in hexadecimal, ``bars`` its strength from 1 to 4 (0: not found), ``mark`` what is
    to be noted of it, and ``forget`` the question before it is forgotten, where it is saved. ``asks`` says that it is
    joined with a password that may be entered; what is ``saved`` needs none.
    """

    name: str
    octets: str
    bars: int = 0
    locked: bool = True
    asks: bool = True
    joinable: bool = True
    saved: bool = False
    mark: str = ""
    forget: str = ""


class Ssh(Frozen):
    """The SSH keys, or why there are none to be shown."""

    keys: Sequence[PublicKey] = ()
    error: Failure | None = None


class Shown(Frozen):
    """What the template ``setup-state.html`` shows. ``unavailable`` is why there is no Wi-Fi to set up."""

    unavailable: str
    banner: Banner | None
    detail: str
    over_hotspot: Banner | None
    in_use: str
    joining: bool
    scanning: bool
    scan_error: str
    networks: Sequence[Network]
    absent: Sequence[Network]


def shown(snapshot: Snapshot, words: Words) -> Shown:
    """Wi-Fi: what it is at, and what can be joined."""
    wifi = snapshot.wifi
    banner = _banner(snapshot, words)
    found = {network.ssid for network in wifi.networks}
    return Shown(
        unavailable=_unavailable(wifi, words),
        banner=banner,
        detail=(wifi.error.detail or "") if wifi.error and wifi.joining is None else "",
        over_hotspot=_over_hotspot(snapshot, words),
        in_use=_name(wifi.joined) if wifi.joined else "",
        joining=wifi.joining is not None,
        scanning=wifi.scanning,
        scan_error=words.say(wifi.scan_error.message) if wifi.scan_error else "",
        networks=[_network(network, wifi, words) for network in _listed(snapshot)],
        absent=[_absent(ssid, wifi, words) for ssid in wifi.saved if ssid not in found],
    )


def _listed(snapshot: Snapshot) -> list[WifiNetwork]:
    """The networks that were found, but those without a name, and the gateway's own hotspot."""
    own = snapshot.hotspot.ssid if _hotspot_is_up(snapshot) else None
    return [one for one in snapshot.wifi.networks if one.ssid.octets.strip(b"\0") and one.ssid.name != own]


def _hotspot_is_up(snapshot: Snapshot) -> bool:
    return snapshot.hotspot.state in (HotspotState.STARTING, HotspotState.ON)


def promises_return(snapshot: Snapshot) -> bool:
    """Say whether the page says itself what becomes of it: over the hotspot it is lost with a join."""
    return snapshot.wifi.joining is not None


def _unavailable(wifi: Wifi, words: Words) -> str:
    if wifi.available is None:
        return words.text("page.setup.wifi.off")
    return "" if wifi.available else words.say(NO_WIFI.message)


def _banner(snapshot: Snapshot, words: Words) -> Banner | None:
    """What a join is at, or what became of the last one."""
    wifi = snapshot.wifi
    if wifi.joining is not None:
        title = words.text("page.setup.joining", network=_name(wifi.joining.ssid))
        return Banner("busy", title, _doing(wifi.joining.stage, words))
    if wifi.error is not None:
        text = words.say(wifi.error.message)
        if wifi.result is None:
            return Banner("bad", words.text("page.setup.failed"), text)
        return Banner("bad", words.text("page.setup.not-joined", network=_name(wifi.result)), text)
    if wifi.result is not None and wifi.result_until is not None:
        there = words.text("page.setup.joined.at", address=snapshot.url) if snapshot.url else ""
        return Banner("good", words.text("page.setup.joined", network=_name(wifi.result)), there)
    return None


def _doing(stage: WifiStage, words: Words) -> str:
    match stage:
        case WifiStage.PREPARING:
            return words.text("page.setup.joining.preparing")
        case WifiStage.LEAVING:
            return words.text("page.setup.joining.leaving")
        case WifiStage.CONNECTING:
            return words.text("page.setup.joining.connecting")
        case WifiStage.ADDRESS:
            return words.text("page.setup.joining.address")
        case WifiStage.KEEPING:
            return words.text("page.setup.joining.keeping")


def _over_hotspot(snapshot: Snapshot, words: Words) -> Banner | None:
    """That a join takes the hotspot away, and where the gateway is found then."""
    if not _hotspot_is_up(snapshot):
        return None
    title, address = words.text("page.setup.over-hotspot"), snapshot.local_url
    if address is None:
        return Banner("warn", title, words.text("page.setup.over-hotspot.panel"))
    return Banner("warn", title, words.text("page.setup.over-hotspot.then", address=address))


def _network(network: WifiNetwork, wifi: Wifi, words: Words) -> Network:
    ssid, security = network.ssid, network.security
    if ssid == wifi.joined:
        mark = words.text("page.setup.mark.in-use")
    elif network.saved:
        mark = words.text("page.setup.mark.saved")
    elif security is Security.OPEN:
        mark = words.text("page.setup.mark.unlocked")
    elif security is Security.ENTERPRISE:
        mark = words.text("page.setup.enterprise")
    else:
        mark = "" if security.supported else words.text("page.setup.other")
    return Network(
        _name(ssid),
        ssid.octets.hex(),
        bars=4 - sum(network.signal < least for least in _STRENGTHS),
        locked=security is not Security.OPEN,
        asks=security is not Security.OPEN and security.supported,
        joinable=network.saved or security.supported,
        saved=network.saved,
        mark=mark,
        forget=_forget(ssid, wifi, words) if network.saved else "",
    )


def _absent(ssid: Ssid, wifi: Wifi, words: Words) -> Network:
    return Network(_name(ssid), ssid.octets.hex(), saved=True, forget=_forget(ssid, wifi, words))


def _forget(ssid: Ssid, wifi: Wifi, words: Words) -> str:
    in_use = ssid == wifi.joined
    return words.text("page.setup.forget.in-use" if in_use else "page.setup.forget.sure", network=_name(ssid))


def _name(ssid: Ssid) -> str:
    """The name on one line: it is its sender's, and may hold anything."""
    return printable(ssid.name)
