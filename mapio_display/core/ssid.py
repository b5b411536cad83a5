"""A Wi-Fi network's name and its security. A name is up to 32 bytes of any kind (IEEE 802.11, 9.4.2.2)."""

from enum import StrEnum

from mapio_display.frozen import Frozen


class Ssid(Frozen):
    """A network's name: its bytes, and how they are shown to people. Make one with ``ssid_of``."""

    name: str
    octets: bytes


def ssid_of(octets: bytes) -> Ssid:
    """Name the network of these bytes; what is no UTF-8 in it is shown as U+FFFD."""
    return Ssid(octets.decode("utf-8", "replace"), octets)


class Security(StrEnum):
    """How a network is secured, as far as a gateway distinguishes."""

    OPEN = "open"
    WPA2 = "wpa2"
    WPA2_WPA3 = "wpa2-wpa3"
    WPA3 = "wpa3"
    ENTERPRISE = "enterprise"
    OTHER = "other"  # WEP, Enhanced Open and others

    @property
    def supported(self) -> bool:
        """Whether the gateway can join such a network."""
        return self not in (Security.ENTERPRISE, Security.OTHER)
