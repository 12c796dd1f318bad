# The two commands: `make demo` shows the whole pipeline, `make test` passes the tests. Both need only Python 3.11 and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := plugins:.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: install demo demo-once test properties lint end-to-end backfills crashes connectors browser benchmark lock clean

install: $(VENV)/.installed

# uv installs the lock exactly, and compiles: without bytecode every task pays seconds importing Great Expectations.
$(VENV)/.installed: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements-dev.txt)"
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements-dev.txt
	touch $@

# The whole pipeline on the example province; stays up with the page until Ctrl-C.
demo: install
	$(BIN)/python -m example_province demo

# The same, then exits: 0 only if every published figure agrees with the dispatch.
demo-once: install
	$(BIN)/python -m example_province demo --once

# Two processes, each with a PostgreSQL of its own; a file's tests share what is slow to start.
test: install
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests

# The properties that `make test` tries a few examples of, on thousands of others. Takes an hour or more; not in .ci/run.
properties: install
	$(BIN)/python -m pytest -n 2 --hypothesis-profile many \
		$$(grep -l '^@given' tests/compliance/*.py tests/contracts/*.py tests/marts/*.py tests/warehouse/*.py) -k any
	$(BIN)/python -m pytest -n 2 --hypothesis-profile many tests/reading tests/sources/test_pages.py -k "any or crash"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 include/sql

# A real scheduler: backfill with a broken source, repair, republication, a killed worker.
end-to-end: install
	$(BIN)/python -m pytest tests_slow/end_to_end

# Every recipe of docs/backfilling.md with a real scheduler: 24 months, a repair, a restatement, killed schedulers.
backfills: install
	$(BIN)/python -m pytest tests_slow/backfills

# The crash matrix: a worker, its session and the whole PostgreSQL server killed at each step of a month.
crashes: install
	$(BIN)/python -m pytest -n 2 tests_slow/crashes

# Pulling from servers that come as Debian packages (`mariadb-server`, `dovecot-imapd`), started by the tests.
connectors: install
	$(BIN)/python -m pytest tests_slow/connectors

# The page in Chromium (Debian's package `chromium`).
browser: install
	$(BIN)/python -m pytest tests_slow/browser

# The month from landed bytes to published table, against the server's own COPY and the peers, as ratios.
benchmark: install
	$(BIN)/python -m benchmarks

lock:
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements.in -o requirements.txt
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) .onestop
