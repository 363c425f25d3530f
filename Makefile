# Everything here works on a fresh clone with only python3 and make: what is missing is installed under .venvs/.

PYTHON ?= python3
VENVS := .venvs
CORE := $(VENVS)/core/done
CHECK := $(VENVS)/check/done
LIBRARIES := $(VENVS)/libraries/done
DOCS := $(VENVS)/docs/done
BENCH := $(VENVS)/bench/done
ORIGINAL := $(VENVS)/original/numpy

QUICK := tests/units tests/structure tests/reference \
	--deselect tests/units/test_codec.py::test_data_survives --ignore tests/units/test_broker_orders.py

.PHONY: help demo test newer-pythons thorough test-quick libraries package release check bench bench-quick bench-guard
.PHONY: scaling chaos fuzz soak docs clean

help:  ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: $(CORE)  ## see it work: a census of the standard library, serial and in parallel
	$(VENVS)/core/bin/python -m scoop examples/census.py

test:  ## the tests, on every CPython from 3.11 that is here; ARGS="tests/library -k name" for some of them
	@$(PYTHON) tests/on_every_python.py $(VENVS) $(ARGS)

newer-pythons:  ## CPython 3.14 and 3.15 for `make test`, where that is easy: on Debian, without root
	@timeout 120 bash tests/newer_pythons.sh $(VENVS)/newer || echo "no newer Pythons: that has failed, or taken too long"

thorough: $(CHECK)  ## all tests in all variants, on one Python: half an hour
	$(CHECK:done=bin/python) -m pytest --thorough --ignore tests/with_libraries

test-quick: $(CHECK)  ## less than a minute of them, on one Python
	$(CHECK:done=bin/python) -m pytest -q $(or $(ARGS),$(QUICK))

package:  ## build the wheel and the source distribution, install the wheel in a bare environment, and try it
	@$(PYTHON) tests/try_package.py $(VENVS)

release: check  ## build and check all that a release is made of, in dist/; nothing is uploaded
	@$(PYTHON) tests/try_package.py $(VENVS) --release

libraries: $(LIBRARIES)  ## the pieces of docs/libraries.md, each with the library that it is about
	$(VENVS)/libraries/bin/python -m pytest tests/with_libraries

check: $(CHECK)  ## style, types, layers, and the rules of the house
	$(VENVS)/check/bin/ruff check src tests examples benchmarks docsite
	$(VENVS)/check/bin/ruff format --check src tests examples benchmarks docsite
	$(VENVS)/check/bin/mypy
	$(VENVS)/check/bin/lint-imports
	$(VENVS)/check/bin/python tests/structure/rules.py

bench: $(BENCH) $(ORIGINAL)  ## SCOOP beside all its peers: a table and a picture, in half an hour
	$(VENVS)/bench/bin/python benchmarks/measure.py --venvs $(VENVS)

bench-quick: $(BENCH) $(ORIGINAL)  ## SCOOP beside a few peers, in a minute
	$(VENVS)/bench/bin/python benchmarks/measure.py --venvs $(VENVS) --quick

bench-guard: $(BENCH) $(ORIGINAL)  ## fail if SCOOP has become slower, compared with its peers
	$(VENVS)/bench/bin/python benchmarks/guard.py --venvs $(VENVS)

scaling: $(BENCH)  ## the scheduler on simulated machines of up to thousands of workers: a table and a picture
	PYTHONPATH=tests $(VENVS)/bench/bin/python benchmarks/scaling.py

chaos: $(CHECK)  ## workers killed at random for ten minutes, results checked
	$(VENVS)/check/bin/python tests/faults/chaos.py --minutes 10

fuzz: $(CHECK)  ## random programs beside a serial model, for ten minutes; ARGS="--programs 2000", "--seed 1", ...
	$(VENVS)/check/bin/python tests/fuzz/fuzz.py $(or $(ARGS),--minutes 10)

soak: $(CHECK)  ## a million tasks while workers come and go: does memory stay flat?
	$(VENVS)/check/bin/python benchmarks/soak.py

docs: $(DOCS)  ## the documentation as a site for a browser, in site/; fails on a broken link
	NO_MKDOCS_2_WARNING=1 $(VENVS)/docs/bin/python -m mkdocs build --strict
	@echo "open site/index.html"

clean:  ## remove all that was made here
	rm -rf $(VENVS) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis fuzz-failures dist build site

$(CORE): pyproject.toml
	$(PYTHON) -m venv $(VENVS)/core
	$(VENVS)/core/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(CHECK): pyproject.toml
	$(PYTHON) -m venv $(VENVS)/check
	$(VENVS)/check/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	@touch $@

$(LIBRARIES): pyproject.toml
	$(PYTHON) -m venv $(VENVS)/libraries
	$(VENVS)/libraries/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test,libraries]'
	$(VENVS)/libraries/bin/python -m pip install --quiet --disable-pip-version-check ray || echo "without ray"
	@touch $@

$(DOCS): pyproject.toml
	$(PYTHON) -m venv $(VENVS)/docs
	$(VENVS)/docs/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

$(BENCH): pyproject.toml
	$(PYTHON) -m venv $(VENVS)/bench
	$(VENVS)/bench/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	for peer in ray mpi4py; do \
		$(VENVS)/bench/bin/python -m pip install --quiet --disable-pip-version-check $$peer || echo "without $$peer"; \
	done
	@touch $@

$(ORIGINAL):
	$(PYTHON) -m venv $(VENVS)/original
	$(VENVS)/original/bin/python -m pip install --quiet --disable-pip-version-check scoop==0.7.2.0 numpy deap \
		|| echo "without the original"
	@touch $@
