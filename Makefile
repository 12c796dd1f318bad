# The two commands: `make demo` shows the whole pipeline, `make test` passes the tests. Both need only Python 3.11 and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := plugins:.

.PHONY: demo demo-once test lint slow end-to-end browser benchmark lock install clean

install: $(VENV)/.installed

# Bytecode is compiled at installation: without it every task pays seconds importing Great Expectations.
$(VENV)/.installed: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --allow-empty-requirements requirements-dev.txt
	$(PYTHON) -c "import pathlib; pathlib.Path('$(VENV)/.installed').touch()"

lock:
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements.in -o requirements.txt
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt
