# Two commands on a fresh machine: `make serve` and `make test`. Neither reinstalls what is there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install serve test check index eval bench fault browser gate lock

help: ## these commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.lock -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

install: $(STAMP) ## virtual environment with everything pinned

index: $(STAMP) ## index the corpus
	$(BIN)/oncoqa index

serve: $(STAMP) ## set up, index if needed, serve on 127.0.0.1:8000
	$(BIN)/oncoqa serve

test: $(STAMP) ## the default tests: no network, minutes on two cores
	$(BIN)/python -m pytest

AXE := tests/browser/node_modules/axe-core/axe.min.js

$(AXE): tests/browser/package.json
	npm install --silent --no-audit --no-fund --no-package-lock --prefix tests/browser
	touch $@

browser: $(STAMP) $(AXE) ## the pages in the system's Chromium, with axe-core (npm)
	$(BIN)/python -m pytest -m browser

fault: $(STAMP) ## kills, torn files, full disks (FAULT_SCALE=0.1 for a tenth)
	FAULT_SCALE=$${FAULT_SCALE:-1} $(BIN)/python -m pytest -m fault

gate: $(STAMP) ## nothing that the baseline got right is lost
	$(BIN)/oncoqa eval --compare evals/baseline.json --gate

check: $(STAMP) ## lint, format and types
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/oncoqa corpus check

# "+cpu" names a build that not every index has; the version alone takes the one that yours offers.
FREEZE = .lock/bin/python -m pip freeze --exclude oncoqa --exclude pip | sed 's/+cpu$$//'

lock: ## pin what pyproject.toml asks for, in a clean environment
	rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/python -m pip install --quiet --upgrade pip
	.lock/bin/python -m pip install --quiet torch==2.13.0 hatchling editables
	.lock/bin/python -m pip install --quiet .
	$(FREEZE) > requirements.lock
	.lock/bin/python -m pip install --quiet --group dev
	$(FREEZE) | grep -vxFf requirements.lock > requirements-dev.lock
	rm -rf .lock

eval: $(STAMP) ## the reference questions
	$(BIN)/oncoqa eval

bench: $(STAMP) ## time, memory, size, clients, limits: bench/RESULTS.md
	$(BIN)/python -m bench
