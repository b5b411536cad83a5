"""Whether the system clock can be believed: a gateway without a battery-backed clock starts years off."""

import ctypes

TIME_ERROR = 5  # "clock not synchronized"
SIZEOF_TIMEX = 256  # more than the 208 bytes of a 64-bit Linux


def is_synchronised() -> bool:
    """Say whether the kernel's clock is disciplined by a time service (adjtimex(2), read only)."""
    timex = ctypes.create_string_buffer(SIZEOF_TIMEX)  # modes = 0: change nothing
    state: int = ctypes.CDLL(None).adjtimex(timex)
    return state not in (TIME_ERROR, -1)
