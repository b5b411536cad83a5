"""What glibc does with memory that is freed (malloc_trim(3)). Other C libraries do without."""

import ctypes
import gc


def give_back() -> None:
    """Give the kernel back what is free by now, for after a burst.

    Without this, one small object in use at the heap's end keeps in the process all that was freed below it.
    """
    gc.collect()  # a request and its task refer to each other
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
