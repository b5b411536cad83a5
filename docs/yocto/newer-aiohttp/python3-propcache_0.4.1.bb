SUMMARY = "Properties that are worked out once"
HOMEPAGE = "https://github.com/aio-libs/propcache"
SECTION = "devel/python"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

SRC_URI[sha256sum] = "f48107a8c637e80362555f37ecf49abe20370e557cc4ab374f04ec4423c97c3d"

inherit pypi python_setuptools_build_meta

DEPENDS += "python3-expandvars-native"

# Its compiled part takes Cython 3.1, and scarthgap has 3.0.
PEP517_BUILD_OPTS = "--config-setting=pure-python=true"
