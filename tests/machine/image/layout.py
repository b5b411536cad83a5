"""Where the partitions lie on the machine's disk: those of MAPIO, smaller."""

from dataclasses import dataclass

MIB = 1024 * 1024
SECTOR = 512
KINDS = {"boot": 0x0C, "A": 0x83, "B": 0x83, "data": 0x83}
SIZES = {"boot": 64 * MIB, "A": 512 * MIB, "B": 512 * MIB, "data": 768 * MIB}


@dataclass(frozen=True, slots=True)
class Partition:
    """``size`` bytes from ``start``."""

    start: int
    size: int


def partitions() -> dict[str, Partition]:
    """Each by its name; they follow one another after the first MiB."""
    found, start = {}, MIB
    for name, size in SIZES.items():
        found[name] = Partition(start, size)
        start += size
    return found


DISK_BYTES = MIB + sum(SIZES.values())


def partition_table() -> bytes:
    """The disk's first sector, a master boot record."""
    entries = b"".join(
        bytes((0x80 if name == "boot" else 0, 0, 0, 0, KINDS[name], 0, 0, 0))
        + (part.start // SECTOR).to_bytes(4, "little")
        + (part.size // SECTOR).to_bytes(4, "little")
        for name, part in partitions().items()
    )
    return bytes(446) + entries + b"\x55\xaa"
