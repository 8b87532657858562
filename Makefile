# `make demo` and `make test` are all a newcomer needs; see README.md.
PYTHON ?= python3
VENV   := .venv
SUDO   := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check bench docs docs-serve tables system-packages clean

demo: $(VENV)/.base
	@$(BIN)/esim demo

test: system-packages $(VENV)/.dev
	$(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered

check: system-packages $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m asn1.build --check

bench: system-packages $(VENV)/.dev
	$(BIN)/python -m pytest tests/bench -q -p no:xdist --benchmark-columns=min,median,ops --benchmark-sort=name

docs: $(VENV)/.dev
	$(BIN)/zensical build --strict

docs-serve: $(VENV)/.dev
	$(BIN)/zensical serve

tables: $(VENV)/.dev
	$(BIN)/python -m asn1.build

# What no venv can hold: Python's venv module, a package of its own on Debian and Ubuntu; PostgreSQL and a PC/SC
# service with virtual readers, which the tests start for themselves; programs that read cards through it; what
# pyscard is built with; tshark, which checks what we write for Wireshark; and a browser, which the tests of the
# page drive.
system-packages:
	@missing=; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$$missing postgresql"; \
	$(PYTHON) -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null \
	  || missing="$$missing python3-dev"; \
	command -v tshark >/dev/null || missing="$$missing tshark"; \
	for package in pcscd:/usr/sbin/pcscd vsmartcard-vpcd:/etc/reader.conf.d/vpcd opensc:/usr/bin/opensc-tool \
	    pcsc-tools:/usr/bin/pcsc_scan chromium:/usr/bin/chromium gcc:/usr/bin/cc libpcsclite-dev:/usr/include/PCSC/winscard.h; do \
	  [ -e $${package#*:} ] || missing="$$missing $${package%%:*}"; \
	done; \
	[ -z "$$missing" ] || { \
	  command -v apt-get >/dev/null || { echo "Install$$missing, then run make again." >&2; exit 1; }; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq$$missing; }

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "esim-simulator needs Python 3.11 or later; name one with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv module is missing: install the package python3-venv." >&2; exit 1; }

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Setting up $(VENV) …"
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Setting up $(VENV) with the test tools …"
	@$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.base

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov dist build site .cache
