"""What the panel's trace tells."""

import json
from pathlib import Path
from typing import Any

REST_S = 2.5  # after a full refresh, until the controller sleeps again


def traced(trace: Path, offset: int = 0) -> list[dict[str, Any]]:
    """The trace's whole lines from ``offset`` on."""
    if not trace.exists():
        return []
    with trace.open("rb") as file:
        file.seek(offset)
        return [json.loads(line) for line in file.read().split(b"\n")[:-1]]


def resets(row: dict[str, Any]) -> bool:
    """Say whether this is the reset line's falling edge."""
    return bool(row["op"] == "reset" and row["level"] == 0)


def is_picture(row: dict[str, Any]) -> bool:
    """Say whether these are a picture's bytes and no parameters."""
    return bool(row["op"] == "data" and len(row["hex"]) > 100)
