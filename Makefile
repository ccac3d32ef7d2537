# Commands of the house. `make demo` is the whole product on a fresh machine; everything else is for developers.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo serve bundle test lint bench requirements glossary clean

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt hatchling editables setuptools wheel
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[dev]'
	touch $@

# Half a gigabyte that only tests and clusters need.
.venv/.spark: .venv/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[dev,spark]'
	touch $@

setup: .venv/.ready

demo: setup
	$(BIN)/renshe demo

serve: setup
	$(BIN)/renshe serve

# One archive for each platform, which installs without network (docs/operations.md).
bundle: setup
	$(BIN)/python tools/bundle.py

lint: setup .venv/.spark
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	scripts/test-deps.sh
	$(BIN)/pytest -n 3 -rs
	# Where the database itself keeps a rule, it is asked on Debian's server, too.
	RENSHE_TEST_POSTGRES=debian $(BIN)/pytest -n 3 tests/core/journal tests/core/org tests/core/test_server.py

# The peers' pins clash with ours, and Spark's with theirs.
.venv-peers/.ready: benchmarks/peers/requirements.txt benchmarks/peers/requirements-data.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r $<
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/peers/requirements-data.txt
	touch $@

.venv-peers-spark/.ready: benchmarks/peers/requirements-spark.txt
	$(PYTHON) -m venv .venv-peers-spark
	.venv-peers-spark/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# What plays five hundred people has pins of its own, too.
.venv-load/.ready: benchmarks/pages/requirements.txt
	$(PYTHON) -m venv .venv-load
	.venv-load/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

bench: setup .venv-peers/.ready .venv-peers-spark/.ready .venv-load/.ready
	$(BIN)/python -m benchmarks

requirements: setup
	$(BIN)/python tools/requirements.py

glossary: setup
	$(BIN)/python tools/glossary.py

clean:
	rm -rf .venv .venv-peers .venv-peers-spark build dist
