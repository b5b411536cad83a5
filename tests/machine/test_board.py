import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapio_display.core.frame import Frame
from mapio_display.panel.waveshare import Driver
from tests.machine.board import BUSY, DATA, INPUTS, LEDS, RESET, Board

HASTE = 200.0


class Machine:
    """The kernel's end of the wires, as ``mapio_board.c`` has it, and a transport for the panel's driver."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._more = threading.Condition()
        self._answers = 0
        self.levels: dict[tuple[int, int], int] = {}
        threading.Thread(target=self._listen, daemon=True).start()
        wire.sendall(b"H" + bytes(7))

    def send(self, kind: bytes, line: tuple[int, int] = (0, 0), value: int = 0, content: bytes = b"") -> None:
        with self._more:
            seen = self._answers
            self._wire.sendall(struct.pack("<cBBBI", kind, *line, value, len(content)) + content)
            assert self._more.wait_for(lambda: self._answers > seen, 10)

    def level(self, line: tuple[int, int], wanted: int) -> None:
        with self._more:
            assert self._more.wait_for(lambda: self.levels.get(line) == wanted, 10), f"{line}: {self.levels}"

    def _listen(self) -> None:
        with self._wire.makefile("rb") as stream:
            while len(order := stream.read(4)) == 4:
                with self._more:
                    if order[:1] == b"K":
                        self._answers += 1
                    else:
                        self.levels[order[1], order[2]] = order[3]
                    self._more.notify_all()

    def open(self) -> None:
        self.send(b"O", RESET, 1)

    def close(self) -> None:
        pass

    def reset(self, level: int) -> None:
        self.send(b"O", RESET, level)

    def write(self, dc: int, data: bytes) -> None:
        self.send(b"O", DATA, dc)
        self.send(b"S", content=data)

    def busy(self) -> int:
        return self.levels[BUSY]

    def wait_for_edge(self, _seconds: float) -> bool:
        return False


@pytest.fixture
def board(tmp_path: Path) -> Board:
    board = Board(tmp_path, haste=HASTE)
    board.power(on=True)
    return board


@pytest.fixture
def machine(board: Board) -> Iterator[Machine]:
    ours, theirs = socket.socketpair()
    serving = threading.Thread(target=board.serve, args=(theirs,))
    serving.start()
    machine = Machine(ours)
    machine.level(BUSY, 0)
    yield machine
    ours.shutdown(socket.SHUT_RDWR)
    serving.join(10)
    ours.close()
    theirs.close()


def test_a_frame_that_is_sent_by_the_wires_is_on_the_glass(board: Board, machine: Machine, tmp_path: Path) -> None:
    frame = Frame("stripes", 250, 122, bytes((*range(1, 32), 0xC0)) * 122)
    driver = Driver("epd2in13_V4", machine, rotation=180, sleep=lambda s: time.sleep(s / HASTE))
    driver.full(frame)
    assert board.glass().tobytes() == frame.bits
    assert board.chip.asleep
    assert board.chip.violations == []
    board.power(on=False)
    assert len(list(tmp_path.glob("glass-*.png"))) >= 2


def test_inputs_have_their_levels_from_the_start_and_follow(board: Board, machine: Machine) -> None:
    machine.level(INPUTS["BUTTON_UP"], 1)
    machine.level(INPUTS["CHG_ACOK_N"], 0)
    board.set_line("BUTTON_UP", 0)
    machine.level(INPUTS["BUTTON_UP"], 0)


def test_busy_is_sent_before_the_answer_and_falls_by_itself(board: Board, machine: Machine) -> None:
    machine.send(b"O", RESET, 0)
    assert machine.levels[BUSY] == 1
    machine.send(b"O", RESET, 1)
    machine.level(BUSY, 0)


def test_an_led_that_goes_on_and_off_blinks(board: Board, machine: Machine) -> None:
    line = next(line for line, name in LEDS.items() if name == "LED3_G")
    assert not board.lit("LED3_G")
    for value in (1, 1, 0, 1):
        machine.send(b"O", line, value)
    assert board.lit("LED3_G")
    assert board.blinks("LED3_G", 60) == 3
