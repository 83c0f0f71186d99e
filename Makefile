# Works in the active environment, or in .venv when none is active.
VENV := $(or $(VIRTUAL_ENV),$(CONDA_PREFIX),.venv)
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)  # Node comes with the test extra

.DEFAULT_GOAL := help
.PHONY: help install check javascript app screenshots constraints clean

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(BIN)/python  ## install hardex and its tools, in the exact versions of constraints.txt
	$(BIN)/pip install --require-hashes -r constraints.txt
	$(BIN)/pip install --no-deps --no-build-isolation -e .

check: javascript  ## format, lint, types, import contracts, tests: exactly what CI runs
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -m "" --durations=40  # the slow ones, too

javascript: node_modules/.package-lock.json  ## types and lint of the pages' JavaScript
	node_modules/.bin/tsc
	node_modules/.bin/eslint apps/hardex_app

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing; install the test extra: pip install -e .[test]"; exit 1; }
	npm ci --no-audit --no-fund
	@touch $@

app:  ## open the app on the shipped digits
	$(BIN)/hardex demo

screenshots:  ## retake the pictures in docs/img, with a real browser
	HARDEX_SCREENSHOTS=docs/img $(BIN)/pytest -m browser tests/app

constraints:  ## update constraints.txt to the newest versions (needs uv)
	{ grep '^#' constraints.txt; uv pip compile pyproject.toml --quiet --all-extras --universal \
		--python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url \
		--no-emit-find-links; } > constraints.new
	mv constraints.new constraints.txt

clean:  ## remove what tools and builds left behind; runs/ stays
	rm -rf build dist node_modules .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find hardex apps models tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	python3 -m venv $(VENV)
