# One command for each thing done every day; README, CONTRIBUTING, pre-commit and CI call these and
# nothing else. Every path is relative, so the checkout may stand anywhere, spaces included.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements.lock requirements-dev.lock
CODE := bot workflows validators scoping
PYTEST_OPTIONS ?=

# A caller's own environment must not leak into ours: neither modules nor another virtual one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
# Trust what the machine trusts, as pip does; uv's own list knows no company's certificate.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
endif

.PHONY: help setup check check-format check-lint check-types check-imports check-workflows \
  test compiled-tests rig bench proof transcript demo papers lock clean

help: ## Print this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)$$/make \1\t\2/p' Makefile | expand -t 24

# A user without a home folder has no cache to keep.
CACHE_OR_NONE = mkdir -p "$${UV_CACHE_DIR:-$${XDG_CACHE_HOME:-$${HOME:-$$(echo ~)}/.cache}/uv}" \
  2>/dev/null || export UV_NO_CACHE=1

# --- set up ---------------------------------------------------------------------------------------
# The stamp's first line says for which folder .venv was made, its second from which locks. Another
# folder, or another interpreter asked for by PYTHON=...: make it anew. Other locks: bring it up to
# date. A stamp that fits costs a few milliseconds.
setup: ## Make .venv from the lock files; install bubblewrap and git where that is possible
	@stamp=$(VENV)/changewright-setup
	log=$$(mktemp)
	trap 'rm -f "$$log"' EXIT
	say() { printf 'setup: %s\n' "$$*"; }
	stop() { say "$$*" >&2; exit 1; }
	quietly() { "$$@" </dev/null >"$$log" 2>&1 || { status=$$?; cat "$$log" >&2; return $$status; }; }
	installs() { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
	debian() {
	  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
	  "$${get[@]}" install -y --no-install-recommends "$$@" </dev/null >"$$log" 2>&1 && return
	  quietly "$${get[@]}" update && quietly "$${get[@]}" install -y --no-install-recommends "$$@"
	}
	version() { "$$1" -c 'import sys; print(*sys.version_info[:3], sys.base_prefix)' 2>&1; }
	able() { "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; }
	made_for=$$(pwd -P)
	made_from=$$(cat $(LOCKS) pyproject.toml | sha256sum | cut -d' ' -f1)
	known_for=$$made_for known_from=''
	[ ! -f $$stamp ] || { read -r known_for; read -r known_from; } <$$stamp || true
	wanted=$$([ '$(origin PYTHON)' = file ] || version "$(PYTHON)" || echo none)
	if [ "$$known_for" != "$$made_for" ] || ! found=$$(version $(BIN)/python) \
	  || [ "$$found" != "$${wanted:-$$found}" ]; then
	  command -v "$(PYTHON)" >/dev/null \
	    || stop 'no $(PYTHON): install Python 3.11 or later, or give PYTHON=...'
	  "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || stop '$(PYTHON) is no Python 3.11 or later: give PYTHON=... one that is'
	  able || ! installs || debian python3-venv || true
	  able || stop '$(PYTHON) cannot make virtual environments: install the package python3-venv'
	  say 'making $(VENV)'
	  rm -rf $(VENV)
	  quietly "$(PYTHON)" -m venv $(VENV)
	  known_from=''
	fi
	if [ "$$known_from" != "$$made_from" ]; then
	  rm -f $$stamp
	  uv_pin=$$(sed -nE 's/^uv==([^ ;]+).*/\1/p' requirements-dev.lock)
	  if [ "$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2)" != "$$uv_pin" ]; then
	    say "fetching uv $$uv_pin"
	    awk '/^[^ #]/ { ours = /^uv==/ } ours' requirements-dev.lock >$(VENV)/uv.lock.txt
	    quietly $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(VENV)/uv.lock.txt
	  fi
	  $(CACHE_OR_NONE)
	  say 'installing what requirements-dev.lock names, each with its hash'
	  quietly $(BIN)/uv pip sync --python $(BIN)/python --require-hashes requirements-dev.lock
	  say 'installing changewright itself, editable'
	  quietly $(BIN)/uv pip install --python $(BIN)/python --offline --no-deps \
	    --no-build-isolation --editable .
	  printf '%s\n%s\n' "$$made_for" "$$made_from" >$$stamp
	fi
	for pair in bwrap:bubblewrap git:git; do
	  command -v "$${pair%%:*}" >/dev/null && continue
	  if ! installs || { say "installing $${pair#*:}"; ! debian "$${pair#*:}"; }; then
	    say "no $${pair%%:*}: install the package $${pair#*:}; commands that need it will refuse" >&2
	  fi
	done

# --- check ----------------------------------------------------------------------------------------
check: check-format check-lint check-types check-imports check-workflows ## Format, lint, types, imports, workflows

check-format: setup
	@$(BIN)/ruff format --check .

check-lint: setup
	@$(BIN)/ruff check .

check-types: setup
	@$(BIN)/mypy --explicit-package-bases $(CODE) tests docs

check-imports: setup
	@$(BIN)/lint-imports

check-workflows: setup
	@$(BIN)/zizmor --offline --quiet .github action.yml bot/action/examples
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows \
	  .github/workflows/*.yml bot/action/examples/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml

# --- test -----------------------------------------------------------------------------------------
# Many tests wait for a process of their own more than they compute.
WORKERS ?= $(shell echo $$(( $$(nproc) * 2 + 3 )))
test: setup ## Set up, check, then run every test with branch coverage
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target rig check compiled-tests
	$(BIN)/pytest --numprocesses=$(WORKERS) --dist=worksteal --cov --cov-branch --cov-report=term $(PYTEST_OPTIONS)

# Once, and not by every worker under coverage, which takes several times as long.
compiled-tests: setup
	@said=$$($(BIN)/pytest --collect-only --quiet 2>&1) || { tail -n 40 <<<"$$said"; exit 1; }

# Where npm reaches no registry, the tests that need a part are skipped and say why.
rig: setup ## Install the offline GitHub's parts (tests/github/package-lock.json), and a browser
	@$(BIN)/python -m tests.github.rig
	$(BIN)/python -m tests.browser.rig

bench: setup ## Measure what the README states, each beside its own yardstick
	@for bench in $(filter-out tests/bench/thirty.py,$(wildcard tests/bench/*.py)); do  # an hour
	  printf '\n%s\n' "$$bench"
	  timeout --foreground 2h $(BIN)/python "$$bench"
	done

proof: ## The long forms: tests with many more inputs, every kill point, bad inputs, benches
	@$(MAKE) --no-print-directory test PYTEST_OPTIONS=--hypothesis-profile=proof
	$(BIN)/python tests/e2e/kills.py
	$(BIN)/python tests/e2e/kills.py --random 50
	$(BIN)/python tests/e2e/bad_input_table.py
	$(MAKE) --no-print-directory bench

transcript: setup ## Play runs over HTTP, one killed in a stream, three of 200 files; write both transcripts
	@$(BIN)/python tests/e2e/in_a_stream.py
	@$(BIN)/python tests/e2e/two_hundred_files.py

demo: setup ## Show the whole story on a real repository; no key needed
	@$(BIN)/python docs/demo/demo.py

# --- keep -----------------------------------------------------------------------------------------
# UPGRADE=--upgrade takes the newest versions; without it only what pyproject.toml asks for changes.
UPGRADE ?=
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)

papers: setup ## Write again what README and docs repeat of the program
	@$(BIN)/python docs/papers.py

lock: setup ## Compile both lock files from pyproject.toml (UPGRADE=--upgrade for newest versions)
	@$(CACHE_OR_NONE)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --all-extras --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	if grep -nE '://|^-' $(LOCKS); then
	  echo 'lock: a lock file names an address or an option; none belongs in a commit' >&2
	  exit 1
	fi

clean: ## Remove everything that make made, .venv included
	@rm -rf $(VENV) dist .coverage .coverage.* coverage.xml .hypothesis .mypy_cache .pytest_cache \
	  .ruff_cache .import_linter_cache
	find $(CODE) tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
