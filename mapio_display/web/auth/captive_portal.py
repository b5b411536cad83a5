"""A phone that joins the hotspot finds the page by itself: its probe for the Internet is sent there.

Phones and browsers ask for a known file under a name of their maker's, and show as a sign-in page what they are sent to
instead. The probe comes here only where the name leads here (docs/integration.md says how). All else that is asked for
under a foreign name stays refused.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from mapio_display.core.facts.hotspot import HotspotState
from mapio_display.core.snapshot import Snapshot
from mapio_display.web.ports import StatePort

PROBES = {
    *("/generate_204", "/gen_204"),  # Android, ChromeOS
    *("/hotspot-detect.html", "/library/test/success.html"),  # Apple
    *("/connecttest.txt", "/ncsi.txt", "/redirect"),  # Windows; its browser then opens the last
    *("/success.txt", "/canonical.html"),  # Firefox
    *("/check_network_status.txt", "/nm-check.txt", "/static/hotspot.txt"),  # NetworkManager, by distribution
    "/kindle-wifi/wifistub.html",
}


def captive_portal(state: StatePort, is_foreign: Callable[[web.Request], bool]) -> Middleware:
    """Send probes that come over the hotspot to the page; ``is_foreign`` decides by the ``Host`` of a request."""

    @web.middleware
    async def lead(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        came_to = str((request.get_extra_info("sockname") or ("",))[0]).removeprefix("::ffff:")
        page = page_of(state.snapshot, request.method, request.path, came_to)
        if page is None or not is_foreign(request):
            return await handler(request)
        return web.Response(status=302, headers={"Location": page})

    return lead


def page_of(snapshot: Snapshot, method: str, path: str, came_to: str) -> str | None:
    """The page to which a request is sent that came to this address of the gateway's; None where it is no probe."""
    hotspot, port = snapshot.hotspot, snapshot.web.port
    if hotspot.state is not HotspotState.ON or came_to != hotspot.rules.address:
        return None
    if method not in ("GET", "HEAD") or path not in PROBES:
        return None
    return f"http://{came_to}{'' if port == 80 else f':{port}'}/setup"
