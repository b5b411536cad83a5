"""The fuzz's own judgement, and a short run of it."""

from pathlib import Path

import pytest

from tests.soak.fuzz import LANES, Found, Fuzz


@pytest.mark.slow
async def test_a_few_hundred_odd_requests_find_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await Fuzz("short", 0).run(tmp_path, seconds=60, cases=300) == 0, capsys.readouterr().out
    assert "300 cases" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Internal Server Error\r\n\r\n",
        b"\x15\x03",
        b'HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n{"error": {"code": null}}',
    ],
)
def test_an_answer_that_must_not_be_is_found(answer: bytes) -> None:
    with pytest.raises((Found, ValueError)):
        Fuzz("", 0)._judge(answer)


def test_what_is_found_can_be_played_again() -> None:
    assert f"--seed s --first 12 --cases {2 * LANES}" in str(Fuzz("s", 0)._found(12 + LANES, b"x", "why"))
