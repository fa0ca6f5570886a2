# The commands of the office. On a fresh machine only make and Python 3.11 or later are needed (3.11 is tried): `make demo`.
#
# The virtual environment comes from the hashed locks by plain pip, since a fresh machine has no uv. The office itself
# is not installed: building it needs hatchling, which is not in the lock, and pip would fetch it unhashed. Instead the
# environment gets a .pth file that names this directory and a `zerobalance` command of three lines, the same two things
# that an editable installation leaves behind, without a build and without the network.

PYTHON ?= python3
VENV ?= .venv
UV ?= uv
ENCOUNTERS ?= 50
ONCE ?=
SEED ?= 1
JOBS ?= 2
MINUTES ?= 10
RACES ?= 500
FUZZ_SEED ?=
EXAMPLES ?= 200
TRIES ?= 40
DICE ?= 1

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
CHROMIUM := /usr/bin/chromium
SSHD := /usr/sbin/sshd
LOCK_WITH = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate --quiet

.PHONY: help system system-python venv venv-dev demo run test check races fuzz fuzz-api bench lock clean
.NOTPARALLEL:
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

system: system-python ## install the Debian packages that are missing: python3-venv, and for the tests chromium and sshd
	@test -x $(CHROMIUM) || sh deploy/debian-packages.sh chromium
	@test -x $(SSHD) || sh deploy/debian-packages.sh openssh-server

system-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is missing or older than 3.11; name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || sh deploy/debian-packages.sh $(notdir $(PYTHON))-venv

venv: $(VENV)/.installed ## make the virtual environment for demo and run

venv-dev: $(VENV)/.installed-dev ## make the virtual environment for tests and checks

demo: venv ## show the office at work; ENCOUNTERS=30 and ONCE=1 end it by itself
	$(BIN)/zerobalance demo --encounters $(ENCOUNTERS) --seed $(SEED) $(if $(ONCE),--once)

run: venv ## run the office alone, for use
	$(BIN)/zerobalance setup
	$(BIN)/zerobalance run

test: system check ## everything that CI runs, on JOBS=2 processes
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

races: system venv-dev ## payments and papers at one moment, RACES=500 of each on both databases
	RACES=$(RACES) $(BIN)/python -m pytest --timeout=0 tests/stories/test_payment_and_reminder.py

check: venv-dev ## format, lint, types, import contracts, house tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python -m pytest tests/house

fuzz: venv-dev ## the X12 codec under files nobody has seen before; MINUTES=60 runs longer, FUZZ_SEED=7 begins there
	$(BIN)/python -m tests.interchange.fuzz --minutes $(MINUTES) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

fuzz-api: system venv-dev ## calls and forms of the office with wrong input; EXAMPLES=200 of each call, TRIES=40 of each form, DICE=1
	EXAMPLES=$(EXAMPLES) TRIES=$(TRIES) DICE=$(DICE) $(BIN)/python -m pytest --timeout=0 \
		tests/api/test_calls_with_wrong_input.py tests/api/test_forms_with_wrong_input.py

bench: venv-dev ## benchmarks, one JSON object a line: encounters, the codec beside its peers, a remittance of 10,000 claims, a run of 1,000 statements, the search over codes, lists of a million visits
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.codec
	$(BIN)/python -m benchmarks.edits
	$(BIN)/python -m benchmarks.remittance
	$(BIN)/python -m benchmarks.statements
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.lists

lock: ## write both locks again from pyproject.toml (needs uv)
	$(LOCK_WITH) -o requirements.txt
	$(LOCK_WITH) --extra dev -o requirements-dev.txt

clean: ## forget caches and the virtual environment; data under var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python: | system-python
	$(PYTHON) -m venv $(VENV)

$(BIN)/zerobalance: | $(BIN)/python
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $(VENV)/.purelib
	@echo '$(CURDIR)' > "$$(cat $(VENV)/.purelib)/zerobalance.pth"
	@printf '#!%s\nfrom cli import main\n\nmain()\n' '$(abspath $(BIN))/python' > $@
	@chmod 755 $@

$(VENV)/.installed: requirements.txt | $(BIN)/python $(BIN)/zerobalance
	$(PIP) install --require-hashes -r requirements.txt
	@touch $@

# The development lock holds everything of the other one in the same versions.
$(VENV)/.installed-dev: requirements-dev.txt | $(BIN)/python $(BIN)/zerobalance
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.installed
