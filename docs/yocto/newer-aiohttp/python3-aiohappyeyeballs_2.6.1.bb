SUMMARY = "Connections to the first of several addresses that answers"
HOMEPAGE = "https://github.com/aio-libs/aiohappyeyeballs"
SECTION = "devel/python"
LICENSE = "PSF-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=fcf6b249c2641540219a727f35d8d2c2"

SRC_URI[sha256sum] = "c3f9d0113123803ccadfdf3f0faa505bc78e6a72d1cc4806cbd719826e943558"

inherit pypi python_setuptools_build_meta

# It asks for poetry-core 2, and scarthgap has 1.9; setuptools makes the same wheel.
do_configure:append() {
    sed -i -e '/^dynamic = /d' \
        -e 's/^requires = \["poetry-core.*/requires = ["setuptools"]/' \
        -e 's/^build-backend = .*/build-backend = "setuptools.build_meta"/' \
        ${S}/pyproject.toml
}

RDEPENDS:${PN} = "python3-asyncio"
