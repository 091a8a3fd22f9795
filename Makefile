# Everything runs from the checkout, inside .venv; `make help` lists the ways in.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Threads of LightGBM that wait for each other give the processor back: on a busy machine many times faster.
export OMP_WAIT_POLICY ?= PASSIVE
# Nothing that runs here reports home (MLflow would).
export DO_NOT_TRACK ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow fuzz lint types architecture bench soak serve mlflow lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## real transactions to served, explained answers (EXIT=1 stops after the answers, DATASET=FILE)
	@$(BIN)/python -m demo $(if $(DATASET),--dataset $(DATASET)) $(if $(EXIT),--exit)

test: lint types architecture ## lint, types, architecture, then every test and notebook
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --dist loadfile

test-slow: $(INSTALLED) ## the long forms of the reliability tests: minutes of load, many killed processes
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow

fuzz: $(INSTALLED) ## ask the service whatever its own documentation allows and forbids, another way each time
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow tests/serving/interface

lint: $(INSTALLED) ## style and common mistakes
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(INSTALLED) ## types of source and tests
	@$(BIN)/mypy

architecture: $(INSTALLED) ## who may import whom
	@$(BIN)/lint-imports --no-logo

bench: $(INSTALLED) ## speed and memory: admission, features, cross-sell, bundles, offers; start and service, once there is a release
	@$(BIN)/python -m benchmarks.admission
	@$(BIN)/python -m benchmarks.features
	@$(BIN)/python -m benchmarks.cross_sell
	@$(BIN)/python -m benchmarks.bundles
	@$(BIN)/python -m benchmarks.offers
	@$(BIN)/python -m benchmarks.startup
	@$(BIN)/python -m benchmarks.service --compare benchmarks/service_ratios.json

soak: $(INSTALLED) ## 15 minutes of steady load on the service, with releases and stores swapped (MINUTES=1)
	@$(BIN)/python -m benchmarks.soak $(if $(MINUTES),--minutes $(MINUTES))

serve: $(INSTALLED) ## serve the release that was pulled last (WORKERS=2)
	@$(BIN)/python -m serving run $(if $(WORKERS),--workers $(WORKERS))

mlflow: $(INSTALLED) ## open the registry's pages
	@$(BIN)/mlflow ui

lock: $(INSTALLED) ## name exact versions again after a change in pyproject.toml (UPGRADE=1 takes the newest)
	@$(BIN)/uv pip compile pyproject.toml --quiet --universal --all-extras --group dev --generate-hashes \
		--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --output-file requirements.lock

clean: ## remove the environment, caches and built files (models in MLflow stay)
	@rm -rf .venv *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis workspace
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A changed lock makes a new environment, so that nothing stays behind that the lock no longer names.
# uv, itself taken from the lock by pip, installs several times faster; pip goes on where only pip knows a mirror.
$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: $(PYTHON) is missing or older than Python 3.11; name another, as in: make PYTHON=python3.12" >&2; exit 2; }
	@echo "Installing the locked packages into .venv, once ..."
	@$(PYTHON) -m venv --clear .venv
	@awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > .venv/uv.lock
	@$(PIP) --require-hashes -r .venv/uv.lock
	@$(BIN)/uv pip install --no-config --quiet --python .venv --compile-bytecode --require-hashes -r requirements.lock \
		|| $(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
