"""Waveshare's black and white panels that are large enough for the views, and what their drivers do not state.

Left out are those smaller than 250 × 122; the first 5.83" and 7.5", which want several bits a pixel; and the 2.9" D,
whose driver needs a part of Python that no longer exists.
"""

from mapio_display.frozen import Frozen


class Partial(Frozen):
    """How an SSD1680's driver refreshes partially.

    ``show`` is its method that does so, once both RAMs are written. ``lut`` is its own waveform, where the controller's
    memory holds none for this glass.
    """

    show: str
    lut: str | None = None


class Model(Frozen):
    """What there is to know of a model beside its driver.

    ``busy_s`` is the longest it may be busy, in seconds, and ``busy_level`` the level of BUSY meanwhile. ``init`` are
    the arguments of the driver's ``init``: numbers, or names of the driver's own attributes. ``display`` is the method
    that takes a whole buffer, where 1 is white unless ``inverted`` and the first row is the uppermost unless
    ``bottom_up``; ``then`` are those that show it, if ``display`` does not. Without ``partial`` every refresh is a full
    one.
    """

    busy_s: float = 20.0
    busy_level: int = 1
    init: tuple[int | str, ...] = ()
    display: str = "display"
    then: tuple[str, ...] = ()
    inverted: bool = False
    bottom_up: bool = False
    partial: Partial | None = None


MODELS = {
    "epd2in13": Model(init=("lut_full_update",)),
    "epd2in13_V2": Model(init=("FULL_UPDATE",), bottom_up=True),
    "epd2in13_V3": Model(busy_s=5.0, partial=Partial("TurnOnDisplayPart", "lut_partial_update")),
    "epd2in13_V4": Model(busy_s=5.0, partial=Partial("TurnOnDisplayPart")),
    "epd2in66": Model(init=(0,)),
    "epd2in7": Model(busy_level=0),
    "epd2in7_V2": Model(),
    "epd2in9": Model(init=("lut_full_update",)),
    "epd2in9_V2": Model(busy_s=6.0, partial=Partial("TurnOnDisplay_Partial", "WF_PARTIAL_2IN9")),
    "epd3in52": Model(busy_level=0, then=("lut_GC", "refresh")),
    "epd3in7": Model(init=(1,), display="display_1Gray"),
    "epd4in2": Model(busy_level=0),
    "epd4in2_V2": Model(),
    "epd4in26": Model(),
    "epd5in79": Model(),
    "epd5in83_V2": Model(busy_level=0),
    "epd7in5_HD": Model(),
    "epd7in5_V2": Model(busy_level=0, inverted=True),
    "epd13in3k": Model(),
}
