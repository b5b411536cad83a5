"""D-Bus, and RAUC with it, restarts in the middle of an update."""

import asyncio
from pathlib import Path

from dbus_next.signature import Variant

from mapio_display.core.facts.update import Phase, Step, UploadFinished, UploadOpened
from mapio_display.core.facts.web import WebListening
from mapio_display.core.record import Result
from mapio_display.virtual.bus import PrivateBus
from mapio_display.words.catalogue import ENGLISH
from tests.rauc.conftest import PlayedRauc
from tests.rauc.test_rauc_versions import VERSIONS, Gateway, slots, started

VERSION = VERSIONS["1.8"]


async def test_a_bus_that_restarts_in_mid_install_ends_as_if_rauc_had_died(
    dbus: PrivateBus, played: PlayedRauc, tmp_path: Path
) -> None:
    played.answers["GetSlotStatus"] = slots(VERSION, installed=4)
    await played.start()
    gateway = Gateway(tmp_path / "data")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        tasks = [group.create_task(part.run()) for part in (gateway.bus, gateway.rauc, gateway.actor)]
        gateway.state.dispatch(started("boot-1", "1.3.0", None, None))
        gateway.state.dispatch(WebListening(80))
        while not gateway.state.snapshot.rauc.available:
            await gateway.state.after(gateway.state.snapshot)
        gateway.state.dispatch(UploadOpened("u1", "good.raucb", 1000))
        gateway.state.dispatch(UploadFinished("u1", 1000))
        while not gateway.state.snapshot.update.begun:
            await gateway.state.after(gateway.state.snapshot)
        played.announce(Operation=Variant("s", "installing"))
        played.progress(40, "Updating slots")
        while gateway.state.snapshot.update.percent != 40:
            await gateway.state.after(gateway.state.snapshot)

        await dbus.stop()
        while (snapshot := gateway.state.snapshot).update.step is not Step.JUDGING:
            await gateway.state.after(snapshot)
        assert snapshot.rauc.available is False
        assert snapshot.update.phase is Phase.INSTALLING, "nothing is known yet"

        played.stop()
        await dbus.start()
        await played.start()
        told = await gateway.phase(Phase.IDLE)
        assert told.last_update is not None
        assert told.last_update.result is Result.INTERRUPTED
        assert "RAUC stopped" in ENGLISH.say(told.last_update.reason)
        for task in tasks:
            task.cancel()
    played.stop()
