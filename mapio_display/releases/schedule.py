"""When this gateway looks for newer bundles, and which rollouts reach it: both follow from its identity.

The identity is kept on the data partition, so an update changes neither. A fleet's requests are spread over the day.
"""

import hashlib

DAY_S = 24 * 3600
_MINUTES = DAY_S // 60


def own_minute(identity: str) -> int:
    """The minute of the day (UTC) at which this gateway looks, from 0."""
    return _drawn(identity, "minute") % _MINUTES


def own_number(identity: str) -> int:
    """The gateway's number from 1 to 100: a rollout to so many percent or more reaches it."""
    return _drawn(identity, "rollout") % 100 + 1


def next_check(minute: int, asked_at: float | None) -> float:
    """When to look next, in seconds since 1970: at the day's ``minute`` after the last time, or now if it never did."""
    if asked_at is None:
        return 0.0
    days = (asked_at - 60 * minute) // DAY_S + 1
    return days * DAY_S + 60 * minute


def is_due(minute: int, asked_at: float | None, wall: float) -> bool:
    """Whether it is time. A last time in the future is a clock's that was wrong."""
    return wall >= next_check(minute, asked_at) or (asked_at is not None and asked_at > wall + 60)


def _drawn(identity: str, what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{what}:{identity}".encode()).digest()[:8])
