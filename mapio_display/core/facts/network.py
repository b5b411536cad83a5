"""Addresses, the default route, the host name, and whether the Internet can be reached."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mapio_display.core.facts.clock import Now
from mapio_display.core.facts.event import Change, Handlers, Observation
from mapio_display.frozen import Frozen

if TYPE_CHECKING:
    from mapio_display.core.snapshot import Snapshot


class Address(Frozen):
    """One IP address of an interface, without its prefix length.

    ``house`` says whether the house's network is at that interface, not a tunnel.
    """

    interface: str
    address: str
    house: bool = True

    @property
    def link_local(self) -> bool:
        """Whether it is one of IPv4 that its host took without a DHCP server (RFC 3927)."""
        return self.address.startswith("169.254.")


class Network(Frozen):
    """Addresses (without loopback and link-local IPv6) and the interface of the default route."""

    default_interface: str | None = None
    addresses: tuple[Address, ...] = ()

    @property
    def primary(self) -> Address | None:
        """The address to show, None where no browser could reach it.

        The house's comes before a tunnel's, which takes another interface that leads out; a routed one before a
        link-local one; then the default route's interface, IPv4, and the order of names.
        """
        carried = self.default_interface is not None

        def rank(entry: Address) -> tuple[bool, bool, bool, bool, str]:
            aside = entry.interface != self.default_interface
            return not entry.house, entry.link_local, aside, ":" in entry.address, entry.interface

        reachable = (
            entry for entry in self.addresses if entry.house or (carried and entry.interface != self.default_interface)
        )
        return min(reachable, key=rank, default=None)


class NetworkChanged(Observation):
    """Addresses, the default route or the host name are now these."""

    default_interface: str | None
    addresses: tuple[Address, ...]
    hostname: str | None

    @property
    def network(self) -> Network:
        """The same as the snapshot keeps it."""
        return Network(self.default_interface, self.addresses)


class InternetObserved(Observation):
    """Whether the Internet could be reached just now."""

    reached: bool


def _changed(snapshot: "Snapshot", event: NetworkChanged, now: Now) -> Change:
    return replace(snapshot, network=event.network, hostname=event.hostname), ()


def _reached(snapshot: "Snapshot", event: InternetObserved, now: Now) -> Change:
    return replace(snapshot, internet=event.reached), ()


HANDLERS: Handlers = {NetworkChanged: _changed, InternetObserved: _reached}
