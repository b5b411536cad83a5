SUMMARY = "URLs as objects"
HOMEPAGE = "https://github.com/aio-libs/yarl"
SECTION = "devel/python"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

SRC_URI[sha256sum] = "53b1ea6ca88ebd4420379c330aea57e258408dd0df9af0992e5de2078dc9f5d5"

inherit pypi python_setuptools_build_meta

DEPENDS += "python3-expandvars-native"

# Its compiled part takes Cython 3.1, and scarthgap has 3.0.
PEP517_BUILD_OPTS = "--config-setting=pure-python=true"

RDEPENDS:${PN} = "python3-idna python3-io python3-multidict python3-propcache"
