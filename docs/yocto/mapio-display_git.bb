# For meta-mapio-app, in the place of its recipes mapio-display.bb and python3-mapio-display_*.bb: delete those.
# Of two recipes with one name in one layer bitbake takes the higher version, and the older program's is 1.0.
SUMMARY = "MAPIO display and setup web server"
DESCRIPTION = "E-paper panel, setup web server and OS updates with RAUC of a MAPIO gateway"
# Where you keep this repository.
HOMEPAGE = "https://git.example.org/mapio-display"
SECTION = "base"
LICENSE = "MIT & OFL-1.1 & BitstreamVera"
LIC_FILES_CHKSUM = "\
    file://LICENSE;md5=9582345066cb809af5a8a69f6c54ccf2 \
    file://fonts/LICENSE-Terminus.txt;md5=2844641a444d74d47c73bb6fffaf96e0 \
    file://fonts/LICENSE-DejaVu.txt;md5=ac0693fb0c8dd1138804cfd51abe2aa1 \
"

PV = "0.2.0+git"
# Where you keep it, and the commit the image is to have.
SRC_URI = "git://git.example.org/mapio-display;protocol=https;branch=main"
SRCREV = "0000000000000000000000000000000000000000"

# Scarthgap's; to be left out in releases that know git's folder by themselves.
S = "${WORKDIR}/git"

# The class of pyproject.toml's build backend. The wheel it makes has the fonts, the assets, the languages and
# /usr/bin/mapio-display, and not the virtual gateway.
inherit python_hatchling systemd

# A stock Waveshare HAT's lines belong to the SoC, and RPi.GPIO drives them; MAPIO's are gpiod's.
PACKAGECONFIG ??= ""
PACKAGECONFIG[waveshare-hat] = ",,,rpi-gpio"

# The service and the gate before boot-complete.target.
SYSTEMD_SERVICE:${PN} = "mapio-display.service mapio-display-ready.service"

# What the daemon starts to repair a slot; it is enabled by nobody.
FILES:${PN} += "${systemd_system_unitdir}/mapio-display-repair@.service"

do_install:append() {
    install -d ${D}${systemd_system_unitdir}
    install -m 0644 ${S}/systemd/*.service ${D}${systemd_system_unitdir}
}

# With a version: the lowest that pyproject.toml allows. bitbake does not look at these versions: an older package is
# found by the package manager in the image's do_rootfs, at the very end.
# Without a version: the parts of the standard library that the daemon imports, since Yocto cuts it into packages; and
# html, which aiohttp imports and its recipe does not ask for.
RDEPENDS:${PN} = "\
    python3-aiohttp (>= 3.9) \
    python3-asyncio \
    python3-core \
    python3-crypt \
    python3-ctypes \
    python3-datetime \
    python3-dbus-next (>= 0.2.3) \
    python3-email \
    python3-gpiod (>= 2.1) \
    python3-html \
    python3-io \
    python3-jinja2 (>= 3.1.4) \
    python3-json \
    python3-logging \
    python3-netclient \
    python3-pillow (>= 10.3) \
    python3-segno (>= 1.6) \
    python3-spidev (>= 3.6) \
    python3-threading \
    python3-tomllib \
    python3-unixadmin \
    python3-waveshare-epaper (>= 1.4.0) \
"

# What servers that announce newer versions over https are verified with ([releases] url), and what repairs /boot after a
# power cut: see docs/integration.md.
RRECOMMENDS:${PN} = "ca-certificates dosfstools"

# The older program has the same name in Python.
RCONFLICTS:${PN} = "python3-mapio-display"
