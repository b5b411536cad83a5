"""The gateways of a run, and what is kept and shown of each scenario."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.machine.console import Late
from tests.machine.gateway import Gateway
from tests.machine.image.make import BROKEN, NEXT, delivered
from tests.machine.image.parts import of_image
from tests.machine.update import Recorded, Update, goes_through, idle, rolls_back

FAILED = pytest.StashKey[bool]()
KEPT = of_image("runs")
SHOWN = 6000  # bytes of each log when a scenario fails
SEED = os.environ.get("SEED") or secrets.token_hex(4)


class Machines:
    """Switches on a gateway as it is delivered, and another one after a scenario that failed.

    Its first start is recorded. ``updates`` are those of that start which have been made.
    """

    def __init__(self) -> None:
        self.all: list[Gateway] = []
        self.took: dict[str, float] = {}
        self.updates: list[Update] = []
        self._delivered = delivered()
        self._current: Gateway | None = None

    def new(self, name: str) -> Gateway:
        """A gateway that has not been on yet; no other one is on then."""
        self.drop()
        gateway = Gateway(self._delivered, KEPT / name)
        self.all.append(gateway)
        return gateway

    def current(self) -> Gateway:
        """A gateway that is on and at rest."""
        first = self._current is None
        if self._current is None:
            self.updates.clear()
            gateway = self.new(f"gateway-{len(self.all) + 1}")
            self._current = gateway
        try:
            if not self._current.on:
                self._current.boot(record=first)
            self._current.wait("rest", idle)
        except BaseException:
            self.drop()
            raise
        return self._current

    def recorded(self) -> Recorded:
        """What was recorded of an update that went through and one that was rolled back; no gateway is on then."""
        if [update.version for update in self.updates] != [NEXT, BROKEN]:
            self.drop()
            gateway = self.current()
            self.updates += [goes_through(gateway), rolls_back(gateway)]
        self.drop()
        gateway = self.updates[0].gateway
        assert gateway.recording is not None
        return Recorded(gateway, gateway.recording, tuple(self.updates))

    def drop(self) -> None:
        """Switch the gateway off for good."""
        if self._current is not None:
            self._current.__exit__(None, None, None)
            self._current = None


@contextmanager
def kept(machines: Machines, gateway: Gateway, scenario: pytest.Item) -> Iterator[Gateway]:
    """Keep a scenario's part of the serial log, its journal, and the glass; show them if it fails."""
    began, here, name = time.monotonic(), gateway.console.here, scenario.name.replace("/", "-")
    yield gateway
    if gateway.on:
        journal = KEPT / f"{name}.journal"
        try:
            journal.write_text(gateway.console.sh("journalctl --no-pager --output short-monotonic -b 0", 60))
        except Late as error:
            journal.write_text(f"{error}\n")
    (KEPT / f"{name}.serial").write_bytes(gateway.console.said(here))
    gateway.board.glass().save(KEPT / f"{name}.png")
    machines.took[name] = time.monotonic() - began
    if scenario.stash.get(FAILED, False):
        for file in sorted(KEPT.glob(f"{name}.*")):
            print(f"--- {file}")
            if file.suffix != ".png":
                print(file.read_bytes()[-SHOWN:].decode(errors="replace"))
