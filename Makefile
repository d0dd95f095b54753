# Two commands: `make run` opens the window (without a screen it separates the demo song), `make test` passes the tests.
# Each sets up all it needs.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
READY_DEV := .venv/.ready-dev
# one more than processors: windows and workers spend time waiting for each other
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
TEST := QT_QPA_PLATFORM=offscreen PYTHONSAFEPATH=1 UNBRAID_CACHE=$(CURDIR)/.venv/test-cache $(BIN)/pytest -n $(WORKERS) --dist worksteal

.PHONY: run test test-slow test-all check coverage demo-song

run: $(READY)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" = Darwin ]; then $(BIN)/unbraid gui; \
	else echo "No screen here, so the demo song is separated on the command line."; $(BIN)/unbraid demo; fi

test: $(READY_DEV)
	$(TEST)

test-slow: $(READY_DEV)
	$(TEST) -m slow

test-all: $(READY_DEV)
	$(TEST) -m "slow or not slow"

coverage: $(READY_DEV)
	$(TEST) --cov --cov-report=term

check: $(READY_DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy -p unbraid.core -p unbraid.plugins -p unbraid.app
	PYTHONPATH=typings $(BIN)/lint-imports

demo-song: $(READY_DEV)
	$(BIN)/pip install --quiet --editable ".[demo]"
	$(BIN)/python resources/demo_source/make_demo.py

.venv/bin/python: setup-system.sh
	PYTHON=$(PYTHON) sh setup-system.sh
	$(PYTHON) -m venv .venv

$(READY): pyproject.toml .venv/bin/python
	$(BIN)/pip install --quiet --editable .
	touch $@

$(READY_DEV): pyproject.toml .venv/bin/python
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $(READY) $@
