"""An update that goes through."""

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.machine.gateway import Gateway
from tests.machine.image.make import BROKEN, FIRST, NEXT
from tests.soak import checks, glass
from tests.soak.checks import Story, booted
from tests.soak.facts import Facts
from tests.soak.glass import HEADLINE

VERSIONS = {FIRST, NEXT, BROKEN}

pytestmark = [pytest.mark.machine, pytest.mark.timeout(7200)]


@dataclass
class Update:
    """An update as it goes on: what is known of the gateway ``before``, and of each of its ``boots``."""

    gateway: Gateway
    version: str
    before: dict[str, Any] = field(init=False)
    known: Facts = field(init=False)
    boots: list[Facts] = field(default_factory=list)
    here: int = 0
    journalled: bool = True

    def __post_init__(self) -> None:
        self.before = self.gateway.wait("a status", lambda status: status["update"]["phase"] == "idle")
        self.known = self.gateway.facts()
        self.here = self.gateway.console.here
        self.gateway.writes(checks.OTHER[booted(self.before)])
        bundle = self.gateway.delivered.bundles[self.version]
        self.sending = threading.Thread(target=self._send, args=(bundle,), daemon=True)
        self.answer: tuple[int, bytes] | None = None
        self.sending.start()

    def _send(self, bundle: Any) -> None:
        self.answer = self.gateway.upload(bundle)

    def findings(self) -> list[str]:
        """What does not hold, by the checks of the fault test."""
        after = self.gateway.wait("rest", lambda status: status["update"]["phase"] == "idle")
        story = Story(
            to=self.version,
            before=self.before,
            after=after,
            boots=tuple(self.boots),
            now=self.gateway.facts(),
            journalled=self.journalled,
            activated=self.known.activated,
        )
        found = list(checks.findings(story))
        shown, running = self.gateway.board.glass(), after["os"]["version"]
        updated = after["last_update"]["result"] == "succeeded"
        return found + list(glass.lies(shown, running=running, others=VERSIONS, updated=updated))


def test_an_update_by_http_starts_the_other_slot(gateway: Gateway) -> None:
    update = Update(gateway, NEXT)
    gateway.console.expect("Slot B starts", update.here, 3600)
    update.sending.join(60)
    assert update.answer is not None
    assert update.answer[0] == 202
    assert glass.shows(gateway.board.glass(), "Restarting", HEADLINE)
    gateway.comes_up(gateway.console.here)
    status = gateway.wait("the verdict", lambda status: status["last_update"])
    assert status["last_update"]["result"] == "succeeded"
    assert (booted(status), status["os"]["version"]) == ("B", NEXT)
    assert gateway.console.sh("fw_printenv -n BOOT_ORDER; fw_printenv -n BOOT_B_LEFT").split() == ["B", "A", "3"]
    gateway.wait("the view on the glass", gateway.shows, 60)
    assert glass.shows(gateway.board.glass(), "Updated", HEADLINE)
    assert update.findings() == []
    assert gateway.board.chip.violations == []
