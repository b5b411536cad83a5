"""The server that announces a newer bundle to the virtual gateway, on loopback and as docs/fleet.md describes it."""

import asyncio
import hashlib
import socket
from pathlib import Path

from aiohttp import web

from mapio_display.virtual.bundles import COMPATIBLE, SAMPLES

NEWEST = "good"
NOTES = "The virtual gateway's next version.\nIt differs from the first one in its version alone."


class ReleaseServer:
    """Serves the file ``bundle``, which is the sample ``NEWEST``, and its announcement on a free port of 127.0.0.1."""

    def __init__(self, bundle: Path) -> None:
        self._bundle = bundle
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = int(probe.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it announces."""
        return f"http://127.0.0.1:{self._port}/stable.json"

    async def run(self) -> None:
        """Serve for as long as it is not cancelled."""
        app = web.Application()
        app.add_routes([web.get("/stable.json", self._announcement), web.get("/{name}", self._file)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port, reuse_address=True).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _announcement(self, request: web.Request) -> web.Response:
        content = await asyncio.to_thread(self._bundle.read_bytes)
        sha256 = hashlib.sha256(content).hexdigest()
        response = web.json_response(
            {
                "version": SAMPLES[NEWEST].version,
                "url": self._bundle.name,
                "size": len(content),
                "sha256": sha256,
                "notes": NOTES,
                "compatible": COMPATIBLE,
            }
        )
        response.etag = sha256
        if request.if_none_match and any(etag.value == sha256 for etag in request.if_none_match):
            return web.Response(status=304, headers={"ETag": f'"{sha256}"'})
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["name"] != self._bundle.name:
            raise web.HTTPNotFound
        return web.FileResponse(self._bundle)
