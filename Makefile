# `make help` lists what can be made. Everything happens in .venv; nothing else on the machine is touched,
# but for the Debian packages the tests need, which `make test` installs when it may.
PYTHON ?= python3
BIN := .venv/bin
VERSION = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' mailbot/__init__.py)
EPOCH ?= 1790000000

.PHONY: help setup demo test fast soak check format docs lock debian train encoder wheel wheel-check sbom clean

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup: .venv/.runtime  ## build .venv; the command is then .venv/bin/mailbot

demo: setup      ## serve a throwaway installation with sample messages
	$(BIN)/mailbot demo

test: .venv/.dev debian  ## pass every test, three at a time
	$(BIN)/python -m pytest -n 3 --dist worksteal

fast: .venv/.dev ## pass the tests that need neither server nor browser
	$(BIN)/python -m pytest -m "not server and not browser"

soak: .venv/.dev debian ## every test, the long ones too; 200 kills on either database, four workers for ten minutes, the parser fed for an hour
	MAILBOT_SOAK=1 MAILBOT_KILLS=200 $(BIN)/python -m pytest -s tests/test_kills.py
	MAILBOT_SOAK=1 MAILBOT_WORKERS=4 MAILBOT_WORKERS_SECONDS=600 $(BIN)/python -m pytest -s tests/test_workers.py -k killed_at_any_moment
	MAILBOT_SOAK=1 $(BIN)/python -m pytest -n 3 --dist worksteal
	$(BIN)/python -m tests.fuzz_parse -max_total_time=3600

check: .venv/.dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev ## put the code into its standard form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/.dev ## write the reference again from the code, and build the site into dist/site
	$(BIN)/python -m bench.reference
	$(BIN)/zensical build --strict

train: setup     ## fit the model again from models/corpus
	$(BIN)/mailbot train

encoder: setup   ## tune the text encoder again on models/corpus (torch; about an hour on two cores), then `make train`
	$(PYTHON) -m venv .venv-encoder
	.venv-encoder/bin/pip install --quiet --require-hashes -r requirements.txt
	.venv-encoder/bin/pip install --quiet -r requirements-encoder.txt
	PYTHONPATH=. .venv-encoder/bin/python -m bench.tune_encoder tune

wheel: setup     ## build dist/mailbot-….whl, the same to the byte wherever it is built
	SOURCE_DATE_EPOCH=$(EPOCH) $(BIN)/python -m hatchling build -t wheel -d dist

wheel-check: wheel ## install it into an empty environment, and run the demo from an empty folder
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && $(PYTHON) -m venv "$$folder/venv" && \
	"$$folder/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements.txt && \
	"$$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-index dist/mailbot-$(VERSION)-py3-none-any.whl && \
	mkdir "$$folder/empty" && cd "$$folder/empty" && "$$folder/venv/bin/mailbot" demo --no-web

sbom: setup      ## write dist/mailbot.cdx.json: all that an installation holds, with versions and digests (CycloneDX)
	$(PYTHON) -m venv .venv-sbom
	.venv-sbom/bin/pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements-sbom.txt
	mkdir -p dist
	sed 's/^dynamic = .*/version = "$(VERSION)"/' pyproject.toml >.venv-sbom/pyproject.toml
	PYTHONWARNINGS=ignore .venv-sbom/bin/cyclonedx-py requirements requirements.txt --pyproject .venv-sbom/pyproject.toml --mc-type application --output-reproducible --of JSON -o dist/mailbot.cdx.json

debian: | .venv/bin/python  ## install the Debian packages that the tests need
	@sh tests/servers/debian-packages.sh
	@sh tests/servers/debian-programs.sh $(BIN)

lock:            ## write the hash-pinned requirements again from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra postgres --extra letters --extra notify --extra m365 --extra encoder --group build --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --python-version 3.11 -o requirements.txt
	uv pip compile pyproject.toml --all-extras --group build --group check --group test -c requirements.txt --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --python-version 3.11 -o requirements-dev.txt

clean:           ## remove .venv and what the tools left
	rm -rf .venv .venv-encoder .venv-sbom dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "mailbot needs Python 3.11 or later; found $$($(PYTHON) --version). Say: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { sh tests/servers/debian-packages.sh python3-venv && $(PYTHON) -m venv .venv; }

.venv/.runtime: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
