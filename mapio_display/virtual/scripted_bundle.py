"""The scripted RAUC's bundles: laid out as RAUC's plain ones are, but signed in name only.

First the root file system (by zlib, where RAUC's is in a squashfs), then the manifest in JSON in the signature's place,
then the manifest's length as eight bytes, big-endian. So what is wrong with a file shows in the same places.
"""

import errno
import fcntl
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mapio_display.errors import MapioDisplayError
from mapio_display.frozen import Frozen

PIECE = 1024 * 1024
LENGTH_BYTES = 8


class BadBundle(MapioDisplayError):
    """The bundle is refused; the text is RAUC's."""


class Manifest(Frozen):
    """What a bundle says of itself; ``trusted`` stands for a signature by the gateway's own maker."""

    compatible: str
    version: str
    trusted: bool


def write(path: Path, manifest: Manifest, rootfs: Path) -> None:
    """Write a bundle with the root file system in the image ``rootfs``."""
    packer, digest = zlib.compressobj(1), hashlib.sha256()
    with path.open("wb") as out, rootfs.open("rb") as image:
        for piece in _pieces(image):
            packed = packer.compress(piece)
            digest.update(packed)
            out.write(packed)
        packed = packer.flush()
        digest.update(packed)
        out.write(packed)
        signature = json.dumps(
            {
                "compatible": manifest.compatible,
                "version": manifest.version,
                "trusted": manifest.trusted,
                "sha256": digest.hexdigest(),
            }
        ).encode()
        out.write(signature + len(signature).to_bytes(LENGTH_BYTES, "big"))


class ScriptedBundle:
    """An open bundle whose end makes sense."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the end of ``file``. Raises ``BadBundle``."""
        size = file.seek(0, os.SEEK_END)
        if size < LENGTH_BYTES:
            raise BadBundle(
                "Invalid bundle format: Failed to seek to end of bundle: Error seeking in file: Invalid argument"
            )
        file.seek(size - LENGTH_BYTES)
        length = int.from_bytes(file.read(LENGTH_BYTES), "big")
        if length == 0:
            raise BadBundle("Invalid bundle format: Signature size is 0")
        self._file = file
        self._payload = size - LENGTH_BYTES - length
        if self._payload < 0:
            raise BadBundle(f"Invalid bundle format: Signature size ({length}) exceeds bundle size")
        file.seek(self._payload)
        try:
            signature = json.loads(file.read(length))
            self._sha256 = str(signature["sha256"])
            self.manifest = Manifest(signature["compatible"], signature["version"], signature["trusted"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadBundle("Invalid bundle format: Signature data is no valid CMS") from error

    def verify(self) -> None:
        """Check who signed it, and that nothing was changed since. Raises ``BadBundle``."""
        if not self.manifest.trusted:
            raise BadBundle("signature verification failed: Verify error: self-signed certificate")
        digest = hashlib.sha256()
        for piece in self._packed():
            digest.update(piece)
        if digest.hexdigest() != self._sha256:
            raise BadBundle("signature verification failed: error:1700009E:CMS routines::verification failure")

    def rootfs(self) -> Iterator[bytes]:
        """The root file system's image, piece by piece."""
        unpacker = zlib.decompressobj()
        for piece in self._packed():
            yield unpacker.decompress(piece)
        yield unpacker.flush()

    def _packed(self) -> Iterator[bytes]:
        self._file.seek(0)
        left = self._payload
        while left and (piece := self._file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


@contextmanager
def opened(path: Path) -> Iterator[ScriptedBundle]:
    """Open a bundle that no other process writes to, as RAUC makes sure of by a lease. Raises ``BadBundle``."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadBundle(
            f"Invalid bundle format: Failed to open bundle for reading: Error opening file {path}: {error.strerror}"
        ) from error
    with file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            why = "EAGAIN: existing open file descriptor" if error.errno == errno.EAGAIN else error.strerror
            raise BadBundle(f"could not ensure exclusive bundle access (F_SETLEASE): {why}") from error
        yield ScriptedBundle(file)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
