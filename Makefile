# `make` or `make help` says what there is. Needs make and Python 3.11 or later, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint bench install install-dev pins clean

help: ## show this list
	@echo "Order management. What you can make:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo
	@echo "PORT (8000), OMS_DATA_DIR (var/) and DATABASE_URL (SQLite) are read from the environment."

run: install ## start web and worker with the demo; Ctrl-C stops them
	@$(BIN)/python manage.py serve --demo

test: install-dev ## whole suite: SQLite, PostgreSQL if reachable, browser if there is Chromium
	@$(BIN)/python tests/run.py $(ARGS)

lint: install-dev ## formatting, rules, types, imports, migrations, deployment check
	@$(BIN)/python tests/lint.py

bench: install-dev ## measure against the raw database, on this machine, now
	@$(BIN)/python -m bench

install: $(BIN)/python ## make .venv and install what the application needs
	@$(call installed,requirements.txt)

install-dev: $(BIN)/python ## the same with what tests and checks need
	@$(call installed,requirements-dev.txt)

pins: ## compile requirements*.txt anew from requirements*.in (needs uv)
	$(COMPILE) requirements.in -o requirements.txt
	$(COMPILE) requirements-dev.in -o requirements-dev.txt

clean: ## remove .venv and caches; keeps var/
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

# A copy of the pins that were installed last tells whether there is anything to do.
define installed
cmp -s $(1) $(VENV)/$(1) || { \
  echo "Installing $(1) (once, about a minute) ..."; \
  $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $(1) \
  && cp $(1) $(VENV)/$(1); }
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv module is needed (Debian: apt install python3-venv)."; exit 1; }

COMPILE = uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-annotate --no-header
