"""The sample bundles, good and bad, for the real RAUC and for the scripted one."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from mapio_display.virtual.slots import make_rootfs
from mapio_display.virtual.tools import run

COMPATIBLE = "mapio-image"
FIRST_VERSION = "1.3.0"


@dataclass(frozen=True, slots=True)
class Sample:
    """How a bundle is made: ``key`` signs it, ``share`` of it is left."""

    version: str
    key: str = "maker"
    compatible: str = COMPATIBLE
    boots: bool = True
    share: float = 1.0


SAMPLES = {
    "good": Sample("1.4.0"),
    "older": Sample("1.2.0"),
    "untrusted": Sample("1.4.0", key="stranger"),
    "wrong-board": Sample("1.4.0", compatible="other-board"),
    "truncated": Sample("1.4.0", share=0.5),
    "broken": Sample("1.5.0", boots=False),
}


class Bundles:
    """The bundles in ``directory``, made once; ``real`` ones are RAUC's, the others the scripted RAUC's."""

    def __init__(self, directory: Path, *, real: bool) -> None:
        self._directory = directory
        self._real = real
        self.paths = {name: directory / _filename(name, sample) for name, sample in SAMPLES.items()}

    @property
    def certificate(self) -> Path:
        """The certificate that the gateway trusts."""
        return self._directory / "keys" / "maker.cert.pem"

    @property
    def first_rootfs(self) -> Path:
        """The root file system that the gateway was delivered with."""
        return self._directory / "rootfs-first.ext4"

    def create(self) -> None:
        """Make what is not there yet. What was cut off before its end is made again."""
        done = self._directory / f"complete-{'real' if self._real else 'scripted'}"
        if done.exists():
            return
        shutil.rmtree(self._directory, ignore_errors=True)
        (self._directory / "keys").mkdir(parents=True)
        for name in ("maker", "stranger"):
            self._make_key(name)
        make_rootfs(self.first_rootfs, FIRST_VERSION)
        for name, sample in SAMPLES.items():
            self._make(self.paths[name], sample)
        done.touch()

    def _make_key(self, name: str) -> None:
        keys = self._directory / "keys"
        run(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={name}"),
            *("-keyout", keys / f"{name}.key.pem", "-out", keys / f"{name}.cert.pem"),
        )

    def _make(self, bundle: Path, sample: Sample) -> None:
        content = self._directory / "content"
        shutil.rmtree(content, ignore_errors=True)
        content.mkdir()
        make_rootfs(content / "rootfs.ext4", sample.version, boots=sample.boots)
        (content / "manifest.raucm").write_text(
            f"[update]\ncompatible={sample.compatible}\nversion={sample.version}\n\n"
            "[bundle]\nformat=plain\n\n[image.rootfs]\nfilename=rootfs.ext4\n"
        )
        whole = bundle.with_suffix(".whole")
        whole.unlink(missing_ok=True)
        if self._real:
            keys = self._directory / "keys"
            certificate, key = keys / f"{sample.key}.cert.pem", keys / f"{sample.key}.key.pem"
            run("rauc", "bundle", f"--cert={certificate}", f"--key={key}", content, whole)
        else:
            write_scripted(whole, sample, content / "rootfs.ext4")
        with whole.open("r+b") as file:
            file.truncate(int(whole.stat().st_size * sample.share))
        whole.rename(bundle)
        shutil.rmtree(content)


def write_scripted(bundle: Path, sample: Sample, rootfs: Path) -> None:
    """Write a bundle as the scripted RAUC reads it: a line of JSON, then the root file system."""
    head = {
        "scripted-bundle": 1,
        "signed-by": sample.key,
        "compatible": sample.compatible,
        "version": sample.version,
        "size": rootfs.stat().st_size,
    }
    with bundle.open("wb") as out, rootfs.open("rb") as image:
        out.write(json.dumps(head).encode() + b"\n")
        shutil.copyfileobj(image, out)


def _filename(name: str, sample: Sample) -> str:
    return f"mapio-bundle-{sample.version}{'' if name == 'good' else '-' + name}.raucb"
