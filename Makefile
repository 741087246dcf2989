# The commands of a maintainer; `make install` first.
PYTHON ?= .venv/bin/python

.PHONY: install test lint format ci benchmarks clean

install:
	python3 -m venv .venv
	.venv/bin/python install.py
	.venv/bin/pip install -c constraints.txt -e '.[dev]'

test:
	$(PYTHON) -m pytest

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

ci:
	.ci/run

benchmarks:
	$(PYTHON) benchmarks/speed.py

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
