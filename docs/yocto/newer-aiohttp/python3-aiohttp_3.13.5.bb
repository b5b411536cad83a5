SUMMARY = "HTTP client and server for asyncio"
HOMEPAGE = "https://github.com/aio-libs/aiohttp"
SECTION = "devel/python"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE.txt;md5=748073912af33aa59430d3702aa32d41"

SRC_URI[sha256sum] = "9d98cc980ecc96be6eb4c1994ce35d28d8b1f5e5208a23b421187d1209dbb7d1"

inherit pypi python_setuptools_build_meta

DEPENDS += "python3-pkgconfig-native"

# frozenlist and multidict are scarthgap's own.
RDEPENDS:${PN} = "\
    python3-aiohappyeyeballs \
    python3-aiosignal \
    python3-attrs \
    python3-frozenlist \
    python3-html \
    python3-misc \
    python3-multidict \
    python3-propcache \
    python3-typing-extensions \
    python3-yarl \
"
