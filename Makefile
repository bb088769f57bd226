# `make run` and `make test` need nothing but Python 3.11; each makes its own .venv.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Modules are compiled when they are first imported: most of what is installed never is.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help run check lint types imports fast test soak bench clean

help:
	@echo "make run    the dashboard on http://localhost:8503 (SPEED=60 by default)"
	@echo "make test   everything, with the coverage gates (under 25 minutes on 2 cores)"
	@echo "make check  lint, types, import contract, fast tests (under 3 minutes)"
	@echo "make soak   the hours-long drills, resumable"
	@echo "make bench  the performance table of this machine"

$(READY): requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not there; install Python 3.11 or set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) $$(grep -E '^(torch|uv)==' requirements.txt)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt || $(INSTALL) -r requirements.txt
	touch $@

run: $(READY)
	$(BIN)/python -m mara dashboard $(if $(SPEED),--speed $(SPEED))

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

fast: $(READY)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow and not stat and not ui and not e2e and not soak and not live"

check: lint types imports fast

test: $(READY)
	$(BIN)/python -m tests.gate

soak: $(READY)
	$(BIN)/python -m pytest -q -m soak

bench: $(READY)
	$(BIN)/python -m mara bench core

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache artifacts
