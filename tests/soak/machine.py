"""A virtual gateway on the eMMC whose power is cut, and the hands that send it bundles and kill what runs on it."""

import asyncio
import base64
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from mapio_display.config.sections import ViewsConfig
from mapio_display.core.status import from_json
from mapio_display.views.render import render
from mapio_display.virtual.bundles import FIRST_VERSION, Bundles
from mapio_display.virtual.folder import Folder
from mapio_display.virtual.gateway import VirtualGateway
from mapio_display.virtual.slots import SLOT_BYTES
from mapio_display.virtual.tools import run
from mapio_display.words.catalogue import ENGLISH
from tests.soak import facts
from tests.soak.facts import Facts, Versions
from tests.soak.power import MIB, Emmc

SIZES = {"boot": 16 * MIB, "A": SLOT_BYTES, "B": SLOT_BYTES, "data": 96 * MIB}
HASTE = 40.0
RESTART_S = 0.1
PATIENCE_S = 30.0
LOOK_S = 0.02
TUS = {"Tus-Resumable": "1.0.0"}
PIECES = 3

Status = dict[str, Any]


class Late(Exception):
    """Something that was waited for did not come about."""


class Machine:
    """One gateway, and what happened to it, the latest last.

    ``said`` is what it told, ``boots`` the facts at each power-up, and ``left`` which version ran when it went down and
    what was left on the glass.
    """

    def __init__(self, folder: Folder, port: int, emmc: Emmc, environments: int) -> None:
        self._folder = folder
        self._port = port
        self._slots = {name: folder.path / f"slot{name}.img" for name in ("A", "B")}
        self._versions = Versions()
        self._http: aiohttp.ClientSession | None = None
        self.emmc = emmc
        self.said: list[str] = []
        self.boots: list[Facts] = []
        self.left: list[tuple[str, Image.Image]] = []
        self.gateway = VirtualGateway(
            folder,
            port,
            self.said.append,
            real=True,
            panel_haste=HASTE,
            environments=environments,
            disks=self,
            restart_s=RESTART_S,
        )
        self.bundles = Bundles(folder.bundles, real=True)

    def create(self) -> None:
        """Make the gateway, and put what it keeps onto the eMMC."""
        self.gateway.create()
        # Variables of several sectors, as on a board: those of one sector cannot be torn.
        scripts = " ".join(f"line{number}" for number in range(600))
        run("fw_setenv", "-c", self._folder.plain / "fw_env.config", "scripts", scripts)
        self._versions.learn_rootfs(self.bundles.first_rootfs, FIRST_VERSION)
        for bundle, version in (("good", "2.2"), ("older", "2.0"), ("broken", "2.3")):
            self._versions.learn_bundle(self.bundles.paths[bundle], version)
        made = self._folder.path / "made"
        made.mkdir()
        for path in (self._folder.boot, self._folder.data, *self._slots.values()):
            path.rename(made / path.name)
        for folder in (self._folder.boot, self._folder.data):
            folder.mkdir()
        self.emmc.format()
        self.emmc.attach()
        for folder in (self._folder.boot, self._folder.data):
            shutil.copytree(made / folder.name, folder, dirs_exist_ok=True)
        for slot in self._slots.values():
            run("dd", f"if={made / slot.name}", f"of={slot}", "bs=1M", "conv=notrunc,fsync")
        shutil.rmtree(made)
        self.emmc.detach()
        self.emmc.attach()

    async def down(self) -> None:
        """The gateway is between two boots: what it finds at the next one is taken down."""
        self.left.append((self.running_version(), self.glass()))
        await self.emmc.down()
        self.boots.append(await asyncio.to_thread(self.facts))

    def environment(self) -> dict[str, str]:
        """U-Boot's environment."""
        return facts.environment(self._folder.boot)[0]

    def facts(self) -> Facts:
        """What lies on the eMMC."""
        return facts.read(self._folder.boot, self._folder.data, self._slots, self._versions)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the gateway."""
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self._port}") as self._http, asyncio.TaskGroup() as group:
            group.create_task(self.gateway.run())
            try:
                await self.gateway.ready.wait()
                yield
            finally:
                await self.emmc.disarm()
                self.gateway.power_off()

    # What a browser does.

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, str]]:
        """Send a request with the PIN; a connection that breaks is answered 0."""
        assert self._http is not None
        credentials = base64.b64encode(f"mapio:{self.gateway.pin}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", **more.pop("headers", {})}
        try:
            async with self._http.request(method, path, headers=headers, **more) as answer:
                return answer.status, dict(answer.headers)
        except aiohttp.ClientError:
            return 0, {}

    async def status(self) -> Status:
        """The status; an empty one while nobody answers."""
        assert self._http is not None
        with contextlib.suppress(aiohttp.ClientError):
            async with self._http.get("/api/status") as answer:
                status: Status = await answer.json()
                return status
        return {}

    async def wait(self, what: str, holds: Callable[[Status], object]) -> Status:
        """Wait until something holds of the status. Raises ``Late``."""
        status: Status = {}
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not (status := await self.status()) or not holds(status):  # noqa: ASYNC110 - as a page asks
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise Late(f"{what}: {status}") from None
        return status

    async def send_form(self, bundle: Path) -> int:
        """Send a bundle as the page's form does."""
        with bundle.open("rb") as file:
            return (await self.ask("POST", "/update", data={"bundle": file}))[0]

    async def send_pieces(self, bundle: Path) -> int:
        """Send a bundle in pieces, or the rest of one that was cut off."""
        content, name = bundle.read_bytes(), base64.b64encode(bundle.name.encode()).decode()
        told = {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name},fingerprint {name}"}
        status, answer = await self.ask("POST", "/api/uploads", headers={**TUS, **told})
        if status not in (200, 201):
            return status
        where = answer["Location"]
        _, answer = await self.ask("HEAD", where, headers=TUS)
        offset = int(answer.get("Upload-Offset", 0))
        while offset < len(content):
            piece = content[offset : offset + len(content) // PIECES + 1]
            headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            status, answer = await self.ask("PATCH", where, headers=headers, data=piece)
            if status != 204:
                return status
            offset += len(piece)
        return 204

    async def download(self) -> int:
        """Have the bundle that is announced downloaded and installed; one that is cut off resumes by itself."""
        status, _ = await self.ask("POST", "/api/release/check")
        return status if status != 200 else (await self.ask("POST", "/api/release/install"))[0]

    # What goes wrong.

    def kill(self, names: Sequence[str]) -> None:
        """Kill services with all their children, as systemd does."""
        for name, pid in self.gateway.pids.items():
            if name in names:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    async def cut_power(self, seed: str) -> None:
        """Take the power away now; what was not flushed is decided by ``seed``."""
        self.kill(("daemon", "rauc"))
        self.gateway.cut_power()
        await self.emmc.cut(seed)

    # What the owner sees.

    def running_version(self) -> str:
        """The version that runs, or ran last."""
        release = dict(line.split("=", 1) for line in self._folder.os_release.read_text().splitlines())
        return release["MAPIO_OS_VERSION"]

    def boot_id(self) -> str:
        """What the kernel calls this boot."""
        return self._folder.boot_id.read_text("ascii").strip()

    def glass(self) -> Image.Image:
        """What the panel's glass shows."""
        with Image.open(self._folder.glass) as image:
            return image.convert("1")

    def shows(self, status: Status) -> bool:
        """Whether the glass shows the view that the status names, pixel by pixel."""
        snapshot = replace(from_json(status), pin=self.gateway.pin, views=ViewsConfig().order, buttons=True)
        return render(status["panel"]["view"], snapshot, words=ENGLISH).bits == self.glass().tobytes()

    def logs(self) -> str:
        """The ends of all logs, and what the gateway told."""
        logs = sorted(self._folder.path.glob("*.log"))
        return "\n".join(
            ["--- gateway", *self.said[-12:], *(f"--- {log.name}\n{log.read_text()[-2500:]}" for log in logs)]
        )


@asynccontextmanager
async def new_machine(directory: Path, port: int, environments: int) -> AsyncIterator[Machine]:
    """A gateway as it is delivered, switched on, with so many copies of U-Boot's environment."""
    with Folder(directory / "gateway") as folder:
        folders = {"boot": folder.boot, "data": folder.data}
        links = {name: folder.path / f"slot{name}.img" for name in ("A", "B")}
        async with Emmc(directory, SIZES, folders, links) as emmc:
            machine = Machine(folder, port, emmc, environments)
            await asyncio.to_thread(machine.create)
            async with machine.running():
                yield machine
