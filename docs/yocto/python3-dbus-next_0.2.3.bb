SUMMARY = "D-Bus in pure Python"
DESCRIPTION = "D-Bus library without dependencies, for asyncio and GLib"
HOMEPAGE = "https://github.com/altdesktop/python-dbus-next"
SECTION = "devel/python"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=94e750c96e56788499b56c81de91431c"

PYPI_PACKAGE = "dbus_next"
SRC_URI[sha256sum] = "f4eae26909332ada528c0a3549dda8d4f088f9b365153952a408e28023a626a5"

inherit pypi setuptools3

RDEPENDS:${PN} = "python3-asyncio python3-core python3-io python3-logging python3-xml"
