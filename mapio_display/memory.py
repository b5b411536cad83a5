"""What glibc does with memory that is freed (mallopt(3), malloc_trim(3)). Other C libraries do without."""

import ctypes
import gc

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def keep_freed_memory() -> None:
    """Let glibc keep a few megabytes that are freed, for the next chunks of an upload.

    By default it gives them back to the kernel at once, and the kernel clears them anew: a third of an upload's CPU.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 4 * 1024 * 1024)
        mallopt(_M_TRIM_THRESHOLD, 16 * 1024 * 1024)


def give_back() -> None:
    """Give the kernel back what is free by now, for after a burst.

    Without this, one small object in use at the heap's end keeps in the process all that was freed below it.
    """
    gc.collect()  # a request and its task refer to each other
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
