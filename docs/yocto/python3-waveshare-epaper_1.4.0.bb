SUMMARY = "Waveshare's drivers for its e-paper panels"
DESCRIPTION = "One of its files is loaded by mapio-display, which gives it the panel's lines"
HOMEPAGE = "https://github.com/yskoht/waveshare-epaper"
SECTION = "devel/python"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=4878115a6799f1fef8d205bff64a44e7"

PYPI_PACKAGE = "waveshare_epaper"
SRC_URI[sha256sum] = "80e73bfdd51ce2fa644469503262e38cfffd385c102bf6716c183f309eb2679c"

inherit pypi python_poetry_core

# Libraries built for other systems, which no driver of ours loads, and which bitbake's checks would not let pass.
do_install:append() {
    find ${D}${PYTHON_SITEPACKAGES_DIR} -name '*.so' -delete
}

# It names RPi.GPIO and spidev as well, for what mapio-display does not load.
RDEPENDS:${PN} = "python3-logging"
