# Everything here works on a fresh clone with only python3 and make: what is missing is installed under .venvs/.

PYTHON ?= python3
VENVS := .venvs
CORE := $(VENVS)/core/done
CHECK := $(VENVS)/check/done

.PHONY: help demo test check bench chaos soak clean

help:  ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(CORE)  ## see it work: a census of the standard library, serial and in parallel
	$(VENVS)/core/bin/python -m scoop examples/census.py

test:  ## all tests, on every CPython from 3.11 that this machine has
	@$(PYTHON) tests/on_every_python.py $(VENVS)

check: $(CHECK)  ## style, types, and who may import whom
	$(VENVS)/check/bin/ruff check src tests examples benchmarks
	$(VENVS)/check/bin/mypy
	$(VENVS)/check/bin/lint-imports

bench: $(CORE)  ## nested tasks and start-up beside the original SCOOP, in one run
	$(VENVS)/core/bin/python benchmarks/against_original.py $(VENVS)/original

chaos: $(CHECK)  ## workers killed at random for ten minutes, results checked
	$(VENVS)/check/bin/python tests/faults/chaos.py --minutes 10

soak: $(CHECK)  ## a million tasks while workers come and go: does memory stay flat?
	$(VENVS)/check/bin/python benchmarks/soak.py

clean:  ## remove all that was made here
	rm -rf $(VENVS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build

$(CORE): pyproject.toml
	$(PYTHON) -m venv $(VENVS)/core
	$(VENVS)/core/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(CHECK): pyproject.toml
	$(PYTHON) -m venv $(VENVS)/check
	$(VENVS)/check/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	@touch $@
