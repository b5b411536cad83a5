# `make demo` and `make test` set up all they need, on a fresh Debian 12 machine too, and say what they do.
# Variables: DIR, PORT and MACHINE (demo), WORKERS (test), CUTS, SEED and FIRST (soak), ALL, CUTS, IMAGE and SEED
# (machine), PYTHON (any CPython from 3.11 on), TO (po), LOWEST_PYTHON (lowest), SELECT (lowest, newest), ARCH (deb).

PYTHON ?= python3
DIR ?= demo
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
# More than cores: the tests on the virtual gateway mostly wait for a panel that takes its real two seconds.
WORKERS ?= 4
CUTS ?= 200
FIRST ?= 1

# What the virtual gateway runs, and what compiles spidev and RPi.GPIO.
DEMO_PACKAGES := rauc rauc-service dbus squashfs-tools libubootenv-tool e2fsprogs openssl \
                 python3 python3-venv python3-dev gcc libc6-dev
# Three browsers, one of them with and without windows and one that needs a screen; a reader of QR codes, curl, networks
# to play with, what checks the units, a disk whose power is cut, the proxies that docs/proxy.md configures, gettext,
# locales for a browser in another language; and wpa_supplicant.
TEST_PACKAGES := $(DEMO_PACKAGES) chromium chromium-headless-shell firefox-esr webkit2gtk-driver xvfb zbar-tools curl \
                 iproute2 systemd util-linux mount fuse3 nginx caddy haproxy gettext locales openssh-client wpasupplicant
# The Debians that the .deb is for.
DEB_SUITES := bookworm trixie
NATIVE := $(shell dpkg --print-architecture)
ARCH ?= $(NATIVE)
# scarthgap's Python, where pyenv or the distribution has one.
LOWEST_PYTHON ?= $(or $(lastword $(wildcard $(HOME)/.pyenv/versions/3.12.*/bin/python)),$(shell command -v python3.12),$(PYTHON))
# Which tests run with other versions of the libraries: none that compares with a picture that a certain Pillow drew.
SELECT ?= not golden
# The board's libraries as old as pyproject.toml allows, which a test holds our calls against.
BOARD_LOWEST := spidev==3.6 gpiod==2.1.3
# The resumable upload's own client.
TUS_JS := tus-js-client@4.3.1
# The machine in QEMU: its emulator, and what makes its disk.
QEMU_PACKAGES := qemu-system-arm qemu-utils qemu-user-static binfmt-support arch-test mmdebstrap device-tree-compiler mtools \
                 dosfstools e2fsprogs u-boot-tools cpio kmod xz-utils rauc squashfs-tools openssl
# What runs the programs of another machine.
EMULATOR := $(if $(filter-out $(MACHINE),$(ARCH)),qemu-user-static binfmt-support arch-test)
# What the upload is measured against.
BENCH_PACKAGES := nginx

WITH_TESTS := .[board,test,golden]
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' mapio_display/__init__.py)
DEB = dist/mapio-display_$(VERSION)_$(ARCH).deb

.PHONY: demo check test pictures po lowest newest without-golden debian-13 soak machine bench golden wheel deb \
        install-test clean help
.DEFAULT_GOAL := help

help:
	@echo 'make demo [DIR=demo] [PORT=8080]          a virtual gateway with the daemon on it'
	@echo 'make demo MACHINE=1 [PORT=8080]           the whole gateway in QEMU, to play with; takes root'
	@echo 'make check                                ruff, mypy and the quick tests, in less than a minute'
	@echo 'make test                                 ruff, mypy and all tests'
	@echo 'make lowest [SELECT='not golden']         the tests with the lowest versions of all libraries'
	@echo 'make newest                               the tests with the newest versions'
	@echo 'make debian-13                            all tests in a Debian 13; takes root'
	@echo 'make soak [CUTS=200] [SEED=n] [FIRST=1]   odd requests for a minute; updates, cut off again and again'
	@echo 'make machine [ALL=1 CUTS=20 SEED=n]       the whole gateway in QEMU; takes root'
	@echo '     [IMAGE=scarthgap]                    the same with scarthgap'\''s versions of the libraries'
	@echo 'make bench                                speed and memory, measured; the upload beside nginx'
	@echo 'make wheel                                what is installed on a gateway, in dist/'
	@echo 'make deb [ARCH=arm64]                     a package for Debian 12 and 13, in dist/; takes root'
	@echo 'make install-test [ARCH=arm64]            package, wheel and demo in fresh Debians; takes root'
	@echo 'make golden                               redraw the golden pictures (look at them before you commit)'
	@echo 'make pictures                             draw the pictures of the pages anew (look at them too)'
	@echo 'make po TO=it                             the file of a language, with what is to be translated'
	@echo 'make clean                                remove the virtual environment, demo/, dist/ and the caches'

ifeq ($(MACHINE),)
demo: $(VENV)/.demo
	@exec $(BIN)/mapio-display demo --dir '$(DIR)' --port '$(PORT)'
else
demo: $(VENV)/.test
	@$(call debian,$(QEMU_PACKAGES))
	@exec $(BIN)/python -m tests.machine.demo --port '$(PORT)'
endif

# Without a Debian package: what pip installs is enough.
check: $(VENV)/.check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/pytest -q -n 2 --dist loadgroup --hypothesis-profile quick -m 'not (root or rauc or browser or tools or slow)'

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

# The tests, and before them the daemon without what the test tools bring.
lowest: LOWEST := .venv-lowest/scarthgap
lowest:
	@$(call debian,python3-venv python3-dev gcc libc6-dev)
	@$(LOWEST_PYTHON) -m venv --clear $(LOWEST)
	@PIP_CONSTRAINT=tests/lowest.txt $(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check '.[board]'
	$(LOWEST)/bin/python tests/install/scarthgap.py
	@$(MAKE) without-golden VENV=.venv-lowest PYTHON='$(LOWEST_PYTHON)' PIP_OPTIONS='--constraint tests/lowest.txt'

newest:
	@rm -f .venv-newest/.test
	@$(MAKE) without-golden VENV=.venv-newest PIP_OPTIONS='--upgrade --upgrade-strategy eager'

without-golden: WITH_TESTS := .[board,test]
without-golden: $(VENV)/.test
	@$(BIN)/python -c 'import aiohttp, PIL, sys; print("Python", sys.version.split()[0], \
	  "with aiohttp", aiohttp.__version__, "Pillow", PIL.__version__)'
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m '$(SELECT)'

debian-13:
	@$(call debian,mmdebstrap $(EMULATOR))
	@.ci/chroot trixie $(ARCH) 'make $(TEST_PACKAGES)' make test VENV=/venv WORKERS=$(WORKERS)

soak: $(VENV)/.test
	$(BIN)/python -m tests.soak.fuzz --seconds 60 $(if $(SEED),--seed '$(SEED)')
	@exec $(BIN)/python -m tests.soak --cuts $(CUTS) --first $(FIRST) $(if $(SEED),--seed '$(SEED)')

machine: $(VENV)/.test
	@$(call debian,$(QEMU_PACKAGES))
	@$(BIN)/python -m tests.machine.image.make
	CUTS='$(if $(filter file,$(origin CUTS)),20,$(CUTS))' SEED='$(SEED)' $(BIN)/pytest -m 'machine$(if $(ALL),, and not long)' -rA tests/machine/scenarios

bench: $(VENV)/.test
	@$(call debian,$(BENCH_PACKAGES))
	$(BIN)/python -m tests.bench

wheel:
	@$(call debian,python3-venv)
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

deb:
	@$(call debian,mmdebstrap)
	@for suite in $(DEB_SUITES); do \
	  .ci/chroot $$suite $(NATIVE) 'python3 python3-venv' \
	    docs/debian/environment.sh $(ARCH) /out/environment-$$suite-$(ARCH).tar || exit; \
	done
	@docs/debian/build.sh $(VERSION) $(ARCH) $(DEB_SUITES:%=.chroots/out/environment-%-$(ARCH).tar)

install-test: deb wheel
	@$(call debian,$(EMULATOR))
	@cp $(DEB) dist/mapio_display-$(VERSION)-py3-none-any.whl .chroots/out/
	@for suite in $(DEB_SUITES); do \
	  .ci/chroot $$suite $(ARCH) init-system-helpers tests/install/deb.sh /out/$(notdir $(DEB)) || exit; \
	  .ci/chroot $$suite $(ARCH) init-system-helpers tests/install/pip.sh \
	    /out/mapio_display-$(VERSION)-py3-none-any.whl || exit; \
	  [ $(ARCH) != $(NATIVE) ] || .ci/chroot $$suite $(ARCH) curl tests/install/demo.sh || exit; \
	done

golden: $(VENV)/.test
	$(BIN)/pytest -q tests/views tests/panel/test_glass.py --update-golden

pictures: $(VENV)/.test
	$(BIN)/pytest -q tests/web/test_pictures.py --update-golden

ifeq ($(MAKECMDGOALS)$(TO),po)
$(error Name the language by its code: make po TO=it)
endif
po: $(VENV)/.check
	@$(BIN)/python -m tests.words.renew $(TO)

clean:
	rm -rf $(VENV) .venv-lowest .venv-newest .chroots demo dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.demo: pyproject.toml
	@$(call debian,$(DEMO_PACKAGES))
	@$(call venv,.)
	@touch $@

$(VENV)/.check: pyproject.toml
	@$(call venv,$(WITH_TESTS))
	@touch $@

$(VENV)/.test: pyproject.toml tests/lowest.txt
	@$(call debian,$(TEST_PACKAGES))
	@$(call venv,$(WITH_TESTS))
	@$(BIN)/python -m pip install --quiet --no-deps --target $(VENV)/board-lowest $(BOARD_LOWEST)
	@PATH="$(abspath $(BIN)):$$PATH" npm install --silent --no-audit --no-fund --prefix $(VENV)/js $(TUS_JS)
	@touch $@ $(VENV)/.check $(VENV)/.demo

# Install the Debian packages that are missing.
define debian
set -e; missing=''; \
for package in $(1); do \
  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
done; \
if [ -n "$$missing" ]; then \
  if [ "$$(id -u)" = 0 ]; then sudo=''; elif command -v sudo >/dev/null; then sudo=sudo; \
  else echo "These Debian packages are missing, and installing them takes root:$$missing" >&2; exit 1; fi; \
  echo "Installing Debian packages:$$missing"; \
  $$sudo apt-get update -qq; \
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
fi
endef

# Install the package, from this folder and with its requirements, into the virtual environment.
define venv
set -e; echo 'Installing Python packages into $(VENV)'; \
[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV); \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 $(PIP_OPTIONS) --editable '$(1)'
endef
