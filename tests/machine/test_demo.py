"""What is typed to the machine that a person plays with."""

from typing import cast

import pytest

from tests.machine.demo import HELP, obey
from tests.machine.gateway import Gateway


class Typed:
    """Stands for a gateway and its console: keeps what is asked of it."""

    def __init__(self, *, on: bool = True) -> None:
        self.on = on
        self.console = self
        self.asked: list[tuple[object, ...]] = []

    def sh(self, command: str) -> str:
        self.asked.append(("sh", command))
        return "what it printed"

    def press(self, button: str, seconds: float) -> None:
        self.asked.append((button, seconds))

    def cut(self, seed: str) -> None:
        self.asked.append(("cut", seed))

    def boot(self) -> None:
        self.asked.append(("boot",))


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("sh rauc status | head -5\n", ("sh", "rauc status | head -5")),
        ("down\n", ("BUTTON_DOWN", 0.3)),
        (" mid 2\n", ("BUTTON_MID", 2.0)),
        ("cut\n", ("cut", "demo")),
    ],
)
def test_a_line_does_what_it_says(line: str, asked: tuple[object, ...]) -> None:
    gateway = Typed()
    obey(cast("Gateway", gateway), line)
    assert gateway.asked == [asked]


@pytest.mark.parametrize(("line", "on"), [("on\n", True), ("cut\n", False), ("\n", True), ("mid long\n", True)])
def test_what_cannot_be_prints_what_can(capsys: pytest.CaptureFixture[str], line: str, on: bool) -> None:
    gateway = Typed(on=on)
    obey(cast("Gateway", gateway), line)
    assert gateway.asked == []
    assert HELP in capsys.readouterr().out
