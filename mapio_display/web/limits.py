"""How long and how much: what keeps one client from taking the gateway away from the others."""

from mapio_display.core.update.transfer import TAKEOVER_S
from mapio_display.frozen import Frozen


class Limits(Frozen):
    """Times in seconds, sizes in bytes.

    ``stall_s``: how long a client may send nothing, or read nothing. ``takeover_s``: how long a sender must be silent
    before another may go on with its upload. ``body_s``: for a small body as a whole.
    ``decision_s``: how long the answer to an upload waits for RAUC. ``keep_alive_s``: how often a quiet stream of
    events shows life. ``linger_s``, ``linger_bytes``: how long a refused sender is listened to, so that it can read
    the refusal; ``piece_linger_s``: the same for a piece of an upload.
    """

    stall_s: float = 30.0
    takeover_s: float = TAKEOVER_S
    body_s: float = 10.0
    decision_s: float = 60.0
    keep_alive_s: float = 15.0
    linger_s: float = 30.0
    piece_linger_s: float = 3.0
    linger_bytes: int = 256 * 1024 * 1024
