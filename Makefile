# Everything a person does with this repository: `make help`.
# Needs git, make and Python 3.11 to 3.13; the rest is installed into .venv.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
PYTEST_ARGS ?=

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PACKAGES := accounts config forensics moderation outbound
# Lock files name versions and hashes, never the host they came from.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header \
	--python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help run demo install install-dev test coverage lint format lock openapi bench screenshots \
	node vendor clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: install ## Start web and worker on SQLite (PORT=8000); Ctrl-C stops both
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) create_demo_users
	@exec $(MANAGE) run --host $(HOST) --port $(PORT)

demo: install ## Send in a dozen pictures, some of them forged on the spot
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) create_demo_users
	@$(MANAGE) demo

install: .venv/installed ## Create .venv with the locked requirements

install-dev: .venv/installed-dev ## The same, with what tests and lint need

test: install-dev ## Run the tests (DATABASE_URL=postgres://... for PostgreSQL)
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile $(PYTEST_ARGS)

coverage: install-dev ## The same, and which lines no test runs (half as slow again)
	@$(MAKE) test PYTEST_ARGS="$(PYTEST_ARGS) --cov --cov-report=term:skip-covered"

lint: install-dev ## Style, types, architecture, templates, migrations, deployment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd clients/python && ../../$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(MANAGE) makemigrations --check --dry-run --verbosity 0
	@.ci/check-deploy

format: install-dev ## Put the code into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/bootstrapped ## Renew the locked requirements from pyproject.toml
	echo "uv" | $(COMPILE) - --output-file requirements-bootstrap.txt
	$(COMPILE) pyproject.toml --output-file requirements.txt
	$(COMPILE) pyproject.toml --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt

openapi: install-dev ## Write down what the API promises, at a release (docs/api/openapi.json)
	$(MANAGE) spectacular --validate --fail-on-warn --format openapi-json \
		| $(BIN)/python -m json.tool --compact - docs/api/openapi.json

bench: install-dev ## Measure ELA and whole analyses beside bare Pillow
	$(BIN)/python -m benchmarks.bench_analysis

screenshots: install-dev ## Renew docs/screenshots with a real browser
	UPDATE_SCREENSHOTS=1 REQUIRE_CHROMIUM=1 $(BIN)/python -m pytest -m browser tests/browser

node: ## Install the verifier of webhooks that a test asks (needs Node.js)
	npm ci --ignore-scripts --prefix tests/node

vendor: ## Renew static/vendor from the locked npm packages (needs Node.js)
	npm ci --ignore-scripts
	node scripts/vendor.mjs

clean: ## Remove what was installed and cached; data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache \
		.hypothesis node_modules

.venv/bootstrapped: requirements-bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Python 3.11 to 3.13 is needed, and '$(PYTHON)' is not. Name one:" \
		"make run PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv \
		|| { echo "'$(PYTHON)' cannot make .venv. On Debian and Ubuntu this helps:" \
		"apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements-bootstrap.txt
	@touch $@

.venv/installed: requirements.txt .venv/bootstrapped
	@scripts/install-requirements requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/bootstrapped
	@scripts/install-requirements requirements-dev.txt
	@touch $@ .venv/installed
