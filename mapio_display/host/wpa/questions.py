"""What wpa_supplicant is asked that takes more than one request, or an answer that is a number."""

import asyncio

from mapio_display.core.facts.wifi import WifiNetwork
from mapio_display.core.failures import Failure
from mapio_display.errors import WpaError
from mapio_display.host.wpa.control import Control
from mapio_display.host.wpa.words import BSS_PAGE, Listed, found, listed

MOST_PAGES = 20


async def added(link: Control) -> int:
    """Add a network, and give its number. Raises ``WpaError``."""
    answer = await link.ask("ADD_NETWORK")
    if not answer.isdecimal():
        raise WpaError(f"ADD_NETWORK: {answer[:100]}")
    return int(answer)


async def known(link: Control) -> list[Listed]:
    """The networks in wpa_supplicant's list. Raises ``WpaError``."""
    networks: list[Listed] = []
    for _ in range(MOST_PAGES):
        last = networks[-1].number if networks else -1
        page = listed(await link.ask(f"LIST_NETWORKS LAST_ID={last}"))
        networks += page
        if not page:
            break
    return networks


async def scanned(link: Control, request: str, ended: asyncio.Queue[int | Failure | None]) -> bool:
    """Scan, and wait for the results; False where they are another scan's, which was under way.

    ``ended`` has the end of each scan: its number where it has one, or why it failed. Raises ``WpaError``.
    """
    answer = await link.ask(f"{request} use_id=1")
    if answer != "FAIL-BUSY" and not answer.isdecimal():
        raise WpaError(f"{request}: {answer[:100]}")
    number = int(answer) if answer.isdecimal() else None
    while True:
        outcome = await ended.get()
        if isinstance(outcome, Failure):
            raise WpaError(outcome.detail or outcome.code)
        if number is None or outcome == number:
            return number is not None


async def in_reach(link: Control) -> list[WifiNetwork]:
    """The networks that the last scan found. Raises ``WpaError``."""
    networks: list[WifiNetwork] = []
    following: int | None = 0
    for _ in range(MOST_PAGES):
        page, last = found(await link.ask(BSS_PAGE.format(following)))
        networks += page
        if last is None:
            break
        following = last + 1
    return networks
