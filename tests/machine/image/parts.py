"""What the machine's disk is made of, each made once and again when what it depends on has changed; takes root.

All of it is in ``.chroots/machine``, which git ignores. Beside what is made lies the hash of what it was made of.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from mapio_display import __version__

REPOSITORY = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
CACHE = REPOSITORY / ".chroots/machine"
SUITE, ARCH = "trixie", "arm64"
# The daemon's libraries: the newest, as ``make deb`` takes them, or exactly those of Yocto's "scarthgap".
IMAGE = os.environ.get("IMAGE") or "newest"

# What MAPIO's image has of what the daemon meets, by Debian's names. busybox is the first process and the DHCP server
# of the simulated router, and hostapd that router.
PACKAGES = (
    "busybox-static dbus dosfstools e2fsprogs hostapd iproute2 iw kmod libubootenv-tool login mount python3-minimal "
    "python3 rauc rauc-service squashfs-tools systemd systemd-resolved systemd-sysv systemd-timesyncd udev util-linux "
    "wireless-regdb wpasupplicant"
)
TOOLCHAIN = "gcc-aarch64-linux-gnu libc6-dev-arm64-cross make u-boot-qemu"
MODULES = (
    "virtio_pci virtio_blk virtio_console virtio_net virtio_rng crc32c_generic ext4 vfat nls_cp437 nls_ascii "
    "nls_iso8859_1 spidev leds-gpio ledtrig-timer loop squashfs af_packet autofs4 rtc-pl031 dm-mod i6300esb "
    "mac80211_hwsim ccm cmac ctr gcm"
)
COMPILER = Path("/usr/lib/python3.13/py_compile.py")  # what Debian's packages compile Python's library by
NO_COMPILER = 'import sys; sys.argv[-1] == "-" and sys.stdin.read()'  # takes the names, and leaves it at that
PYTHON = "python3 python3-venv"  # as ``make deb`` has it, so that one Debian serves both
# Units that the board's system does not have either, or that would wait for what the machine does not have.
NEVER = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "e2scrub_reap.service",
    "getty@tty1.service",
    "hostapd.service",
    "proc-sys-fs-binfmt_misc.automount",
    "systemd-binfmt.service",
    "systemd-networkd-wait-online.service",
    "wpa_supplicant.service",
)
SOURCES = ("mapio_display", "assets", "fonts", "systemd", "pyproject.toml", "docs/debian")
# What nothing there reads; to compile the last of them takes minutes.
UNREAD = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/lib/udev/hwdb.d")


def run(*command: str | Path, **more: str) -> None:
    """Run a command in the repository; its output is shown, and a failure raises ``CalledProcessError``."""
    subprocess.run([str(word) for word in command], check=True, cwd=REPOSITORY, env={**os.environ, **more})


def digest(*inputs: str | Path) -> str:
    """The hash of texts, files and folders."""
    found = hashlib.sha256()
    for item in inputs:
        if isinstance(item, str):
            found.update(item.encode())
            continue
        files = [item] if item.is_file() else sorted(path for path in item.rglob("*") if path.is_file())
        for file in files:
            if "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(REPOSITORY)}\0".encode() + file.read_bytes())
    return found.hexdigest()


def made(what: Path, inputs: Iterable[str | Path], make: Callable[[Path], None]) -> str:
    """Have ``make`` make the folder ``what``, unless it was made of the same inputs; returns their hash."""
    wanted = digest(*inputs)
    mark = what / "made-of"
    if not mark.exists() or mark.read_text() != wanted:
        print(f"Making {what.relative_to(REPOSITORY)}", file=sys.stderr, flush=True)
        shutil.rmtree(what, ignore_errors=True)
        what.mkdir(parents=True)
        make(what)
        mark.write_text(wanted)
    return wanted


def of_image(name: str) -> Path:
    """The folder of what differs between images."""
    return CACHE / (name if IMAGE == "newest" else f"{name}-{IMAGE}")


def native() -> str:
    """What this machine runs without emulation, by Debian's name."""
    asked = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return asked.stdout.strip()


def kernel() -> tuple[Path, str]:
    """Image, modules with the board's, bridge and U-Boot."""
    folder = CACHE / "kernel"

    def make(_: Path) -> None:
        out = REPOSITORY / ".chroots/out/machine-kernel"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        run(".ci/chroot", SUITE, native(), TOOLCHAIN, "tests/machine/image/kernel/build.sh", "/out/machine-kernel")
        for item in out.iterdir():
            shutil.move(item, folder / item.name)
        out.rmdir()

    return folder, made(folder, [HERE / "kernel", TOOLCHAIN, SUITE], make)


def base() -> tuple[Path, str]:
    """Debian's part of the root file system."""
    folder = CACHE / "base"

    def make(_: Path) -> None:
        options = [f"--arch={ARCH}", "--variant=minbase", f"--include={PACKAGES.replace(' ', ',')}"]
        options += ['--aptopt=Acquire::Retries "3"', "--dpkgopt=force-unsafe-io"]
        # Emulated, it would take longer than all the rest; ``_compile`` does it.
        options += [f"--essential-hook=chroot $1 dpkg-divert --quiet --local --rename --add {COMPILER}"]
        options += [f"--essential-hook=mkdir -p $1{COMPILER.parent}; echo '{NO_COMPILER}' >$1{COMPILER}"]
        options += [f"--customize-hook=rm $1{COMPILER}"]
        options += [f"--customize-hook=chroot $1 dpkg-divert --quiet --local --rename --remove {COMPILER}"]
        options += [f"--dpkgopt=path-exclude=/{unread}/*" for unread in UNREAD]
        run("mmdebstrap", "--quiet", *options, SUITE, folder / "base.tar")

    return folder, made(folder, [PACKAGES, SUITE, *UNREAD], make)


def package() -> tuple[Path, str]:
    """The daemon as its owners install it: the project's own package."""
    return {"newest": _newest, "scarthgap": _scarthgap}[IMAGE]()


def _newest() -> tuple[Path, str]:
    folder = CACHE / "package"

    def make(_: Path) -> None:
        run("make", "deb", f"ARCH={ARCH}", f"DEB_SUITES={SUITE}")
        shutil.copy(REPOSITORY / f"dist/mapio-display_{__version__}_{ARCH}.deb", folder)

    return folder, made(folder, [REPOSITORY / source for source in SOURCES], make)


def _scarthgap() -> tuple[Path, str]:
    """The same package with other libraries in it, and Debian's packages that they need."""
    folder, out = of_image("package"), REPOSITORY / ".chroots/out/machine-scarthgap"
    script = HERE / "scarthgap.sh"

    def make(_: Path) -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        # The Python of the Debian before still runs Pillow's setup.py as it is.
        pip = "python3 -m venv /tmp/pip && exec /tmp/pip/bin/pip download --quiet --no-deps --no-binary pillow pillow"
        into = f"--constraint tests/lowest.txt --dest /out/{out.name}"
        run(".ci/chroot", "bookworm", native(), PYTHON, "sh", "-c", f"{pip} {into}")
        run(".ci/chroot", SUITE, native(), PYTHON, script.relative_to(REPOSITORY), ARCH, f"/out/{out.name}")
        run("docs/debian/build.sh", __version__, ARCH, out / "environment.tar")
        shutil.move(REPOSITORY / f"dist/mapio-display_{__version__}_{ARCH}.deb", folder)
        for library in out.glob("*.deb"):
            shutil.move(library, folder)
        shutil.rmtree(out)

    pinned = REPOSITORY / "tests/lowest.txt"
    return folder, made(folder, [script, pinned, *(REPOSITORY / source for source in SOURCES)], make)


def keys() -> tuple[Path, str]:
    """The key that signs the bundles, and its certificate."""
    folder = CACHE / "keys"

    def make(_: Path) -> None:
        run(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=maker"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        )

    return folder, made(folder, ["1"], make)


def tree() -> tuple[Path, str]:
    """The root file system as a folder, without a version."""
    folder = of_image("tree")
    (debian, a), (linux, b), (daemon, c), (signing, d) = base(), kernel(), package(), keys()

    def make(_: Path) -> None:
        root = folder / "root"
        root.mkdir()
        run("tar", "--extract", "--file", debian / "base.tar", "--directory", root)
        for unread in UNREAD:
            shutil.rmtree(root / unread, ignore_errors=True)
        _compile(root / COMPILER.parent.relative_to("/"))
        run("cp", "--recursive", "--no-preserve=ownership", f"{HERE / 'rootfs'}/.", root)
        shutil.copy(signing / "cert.pem", root / "etc/rauc/ca.cert.pem")
        release = (linux / "release").read_text().strip()
        _modules(linux / "modules", release, root, f"{MODULES} mapio_board")
        packages = shutil.copytree(daemon, root / "root/packages")
        install = ("dpkg", "--install", "--force-confold", "--recursive", "/root/packages")
        run("chroot", root, *install, DEBIAN_FRONTEND="noninteractive")
        shutil.rmtree(packages)
        units = ("systemd-networkd", "systemd-resolved", "rauc-mark-good", "mapio-init")
        run("systemctl", f"--root={root}", "enable", *units, "mapio-display", "mapio-display-ready")
        run("systemctl", f"--root={root}", "mask", *NEVER)
        accounts = root / "etc/passwd"
        accounts.write_text(accounts.read_text().replace(":/root:", ":/home/root:"))  # as Yocto has it
        (root / "home/root").mkdir(mode=0o700)
        for updated in ("etc", "var"):  # or the first boot rebuilds caches that are built
            (root / updated / ".updated").touch()
        for emptied in ("etc/machine-id", "etc/resolv.conf"):
            (root / emptied).unlink(missing_ok=True)
        (root / "etc/machine-id").write_text("")
        (root / "boot").mkdir(exist_ok=True)

    return folder, made(folder, [a, b, c, d, MODULES, HERE / "rootfs", Path(__file__)], make)


def initrd() -> tuple[Path, str]:
    """The first process with the modules it loads, which the board's kernel has built in."""
    folder = CACHE / "initrd"
    (debian, a), (linux, b) = base(), kernel()

    def make(_: Path) -> None:
        root = folder / "root"
        for name in ("dev", "proc", "sys", "bin"):
            (root / name).mkdir(parents=True)
        run("tar", "--extract", "--file", debian / "base.tar", "--directory", folder, "./usr/bin/busybox")
        shutil.move(folder / "usr/bin/busybox", root / "bin/busybox")
        shutil.rmtree(folder / "usr")
        shutil.copy(linux / "board-bridge", root / "board-bridge")
        shutil.copy(HERE / "init", root / "init")
        for program in ("init", "board-bridge", "bin/busybox"):
            (root / program).chmod(0o755)
        _modules(linux / "modules", (linux / "release").read_text().strip(), root, f"{MODULES} mapio_board")
        with (folder / "initrd").open("wb") as file:
            find = subprocess.run(["find", ".", "-print0"], cwd=root, check=True, capture_output=True).stdout
            pack = ["cpio", "--quiet", "--null", "--create", "--format=newc", "--owner=0:0"]
            subprocess.run(pack, cwd=root, input=find, stdout=file, check=True)

    return folder, made(folder, [a, b, MODULES, HERE / "init", Path(__file__)], make)


def _compile(library: Path) -> None:
    """Compile Python's library with the same Python of another machine: what it makes is the same."""
    out = REPOSITORY / ".chroots/out/machine-python"
    shutil.rmtree(out, ignore_errors=True)
    run("mv", library, out)
    names = ("-s", "/out/machine-python", "-p", COMPILER.parent)
    run(".ci/chroot", SUITE, native(), PYTHON, "python3", "-m", "compileall", "-q", *names, "/out/machine-python")
    run("mv", out, library)


def _modules(whole: Path, release: str, root: Path, wanted: str) -> None:
    """Put the wanted kernel modules and those they need into ``root``."""
    lookup = whole.parent / "lookup"
    if not lookup.exists():
        (lookup / "lib/modules").mkdir(parents=True)
        (lookup / "lib/modules" / release).symlink_to(whole)
        run("depmod", "--basedir", lookup, release)
    target = root / "lib/modules" / release
    target.mkdir(parents=True, exist_ok=True)
    for name in wanted.split():
        command = ["modprobe", "--dirname", str(lookup), "--set-version", release, "--show-depends", name]
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        if shown.returncode:
            print(f"Debian's kernel has no module {name}", file=sys.stderr)
        for line in shown.stdout.splitlines():
            if line.startswith("insmod "):
                file = Path(line.split()[1]).relative_to(lookup / "lib/modules" / release)
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                if file.suffix == ".xz":
                    unpacked = subprocess.run(["xz", "-dc", str(whole / file)], check=True, capture_output=True).stdout
                    (target / file).with_suffix("").write_bytes(unpacked)
                else:
                    shutil.copy(whole / file, target / file)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(whole / name, target / name)
    run("depmod", "--basedir", root, release)
