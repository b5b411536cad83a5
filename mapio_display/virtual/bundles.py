"""The sample bundles, good and bad, for the real RAUC and for the scripted one."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from mapio_display.frozen import Frozen
from mapio_display.virtual import scripted_bundle
from mapio_display.virtual.scripted_bundle import Manifest
from mapio_display.virtual.slots import make_rootfs
from mapio_display.virtual.tools import run

COMPATIBLE = "mapio-image"
FIRST_VERSION = "2.1"
MAKER, STRANGER = "maker", "stranger"


class Sample(Frozen):
    """How a bundle is made: ``key`` signs it, ``share`` of it is left, and ``date`` is in its name."""

    version: str
    date: str = "20260115"
    key: str = MAKER
    compatible: str = COMPATIBLE
    boots: bool = True
    share: float = 1.0


SAMPLES = {
    "good": Sample("2.2"),
    "older": Sample("2.0", "20250214"),
    "untrusted": Sample("2.2", key=STRANGER),
    "wrong-board": Sample("2.2", compatible="other-board"),
    "truncated": Sample("2.2", share=0.5),
    "broken": Sample("2.3", "20260301", boots=False),
}


class Bundles:
    """The bundles in ``directory``, made once; ``real`` ones are RAUC's, the others the scripted RAUC's."""

    def __init__(self, directory: Path, *, real: bool, samples: Mapping[str, Sample] = SAMPLES) -> None:
        self.directory = directory
        self._keys = directory / "keys"
        self._real = real
        self._samples = samples
        self.paths = {name: directory / _filename(name, sample) for name, sample in samples.items()}

    @property
    def certificate(self) -> Path:
        """The certificate that the gateway trusts."""
        return self._keys / f"{MAKER}.cert.pem"

    @property
    def first_rootfs(self) -> Path:
        """The root file system that the gateway was delivered with."""
        return self.directory / "rootfs-first.ext4"

    def create(self) -> None:
        """Make them, unless they lie there complete and as these samples are."""
        made = self.directory / "made"
        what = f"{'real' if self._real else 'scripted'} {FIRST_VERSION} {self._samples}\n"
        if made.exists() and made.read_text() == what:
            return
        made.unlink(missing_ok=True)
        self._keys.mkdir(parents=True, exist_ok=True)
        for name in (MAKER, STRANGER):
            self._make_key(name)
        make_rootfs(self.first_rootfs, FIRST_VERSION)
        for name, sample in self._samples.items():
            self._make(self.paths[name], sample)
        made.write_text(what)

    def _make_key(self, name: str) -> None:
        run(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={name}"),
            *("-keyout", self._keys / f"{name}.key.pem", "-out", self._keys / f"{name}.cert.pem"),
        )

    def _make(self, bundle: Path, sample: Sample) -> None:
        content = self.directory / "content"
        shutil.rmtree(content, ignore_errors=True)
        content.mkdir()
        rootfs = content / "rootfs.ext4"
        make_rootfs(rootfs, sample.version, boots=sample.boots)
        bundle.unlink(missing_ok=True)
        if self._real:
            (content / "manifest.raucm").write_text(
                f"[update]\ncompatible={sample.compatible}\nversion={sample.version}\n\n"
                f"[bundle]\nformat=plain\n\n[image.rootfs]\nfilename={rootfs.name}\n"
            )
            certificate, key = self._keys / f"{sample.key}.cert.pem", self._keys / f"{sample.key}.key.pem"
            run("rauc", "bundle", f"--cert={certificate}", f"--key={key}", content, bundle)
        else:
            manifest = Manifest(sample.compatible, sample.version, trusted=sample.key == MAKER)
            scripted_bundle.write(bundle, manifest, rootfs)
        with bundle.open("r+b") as file:
            file.truncate(int(bundle.stat().st_size * sample.share))
        shutil.rmtree(content)


def _filename(name: str, sample: Sample) -> str:
    return f"mapio-bundle-image-mapio-cm4-64-{sample.date}{'' if name == 'good' else '-' + name}.raucb"
