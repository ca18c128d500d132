# `make help` lists what can be made. Everything happens in .venv; nothing else on the machine is touched,
# but for the Debian packages the tests need, which `make test` installs when it may.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test fast soak check format lock debian train encoder clean

help:            ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup: .venv/.runtime  ## build .venv; the command is then .venv/bin/mailbot

demo: setup      ## serve a throwaway installation with sample messages
	$(BIN)/mailbot demo

test: .venv/.dev debian  ## pass every test, three at a time
	$(BIN)/python -m pytest -n 3 --dist worksteal

fast: .venv/.dev ## pass the tests that need neither server nor browser
	$(BIN)/python -m pytest -m "not server and not browser"

soak: .venv/.dev debian ## kill it 200 times on either database (about 25 minutes), and feed the parser for an hour
	MAILBOT_KILLS=200 $(BIN)/python -m pytest -s tests/test_kills.py
	MAILBOT_SOAK=1 $(BIN)/python -m pytest tests/triage/test_card.py
	$(BIN)/python -m tests.fuzz_parse -max_total_time=3600

check: .venv/.dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev ## put the code into its standard form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

train: setup     ## fit the model again from models/corpus
	$(BIN)/mailbot train

encoder: setup   ## tune the text encoder again on models/corpus (torch; about an hour on two cores), then `make train`
	$(PYTHON) -m venv .venv-encoder
	.venv-encoder/bin/pip install --quiet --require-hashes -r requirements.txt
	.venv-encoder/bin/pip install --quiet -r requirements-encoder.txt
	PYTHONPATH=. .venv-encoder/bin/python -m bench.tune_encoder tune

debian:          ## install the Debian packages that the tests need
	@sh tests/servers/debian-packages.sh

lock:            ## write the hash-pinned requirements again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --all-extras --group build --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --python-version 3.11 -o requirements.txt
	uv pip compile pyproject.toml --all-extras --group build --group check --group test -c requirements.txt --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --python-version 3.11 -o requirements-dev.txt

clean:           ## remove .venv and what the tools left
	rm -rf .venv .venv-encoder .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mailbot needs Python 3.11 or later; found $$($(PYTHON) --version). Say: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { sh tests/servers/debian-packages.sh python3-venv && $(PYTHON) -m venv .venv; }

.venv/.runtime: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
