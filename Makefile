# make         the environment, then all figures, verdicts and the report in quick scale
# make test    the environment, then all tests
# make test-sb3   Stable-Baselines3 into the environment, then the tests of what is made for it
# make check   formatting, lint and types
# make docs    the documentation as a site, build/docs
# make links   whether the links of the documentation to other hosts lead somewhere
# make lock    requirements.lock and docs/requirements.txt anew from pyproject.toml

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
DOCS_INSTALLED := .venv/docs-installed
SPHINX := $(BIN)/sphinx-build --fail-on-warning --keep-going --doctree-dir build/doctrees

quick: $(INSTALLED)
	$(BIN)/snakemake --cores all --configfile config/quick.yaml
	@echo "wrote results/quick and figures/quick; next: open results/quick/report.html in a browser"

test: $(INSTALLED)
	$(BIN)/pytest -n auto --dist worksteal

test-sb3: $(INSTALLED)
	$(BIN)/pip install --quiet --no-deps "$$(grep '^stable-baselines3==' benchmarks/peers.txt)"
	$(BIN)/pytest tests/sb3

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/snakefmt --check Snakefile workflow
	@# --lint exits with 0 also where it finds something
	$(BIN)/snakemake --lint 2>&1 | awk '{ print } /Congratulations/ { clean = 1 } END { exit !clean }'

docs: $(DOCS_INSTALLED)
	$(BIN)/python docs/extension/sessions.py docs/paper-in-code.md
	$(SPHINX) --builder html docs build/docs
	$(BIN)/python docs/extension/links.py build/docs
	@echo "wrote build/docs; next: open build/docs/index.html in a browser"

links: $(DOCS_INSTALLED)
	$(SPHINX) --builder linkcheck docs build/links

$(DOCS_INSTALLED): docs/requirements.txt $(INSTALLED)
	$(BIN)/pip install --quiet -r docs/requirements.txt
	touch $@

# uv picks the CPU build of torch where there is no GPU, which is gigabytes smaller; where uv cannot reach
# that build, pip installs whatever build its index has. Both install exactly the versions of the lock.
$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet "$$(grep '^uv==' requirements.lock)"
	$(BIN)/uv pip install --python $(BIN)/python --torch-backend auto -r requirements.lock \
		|| { echo "uv: no CPU build of torch in reach; taking what pip finds" ; \
			$(BIN)/pip install -r requirements.lock ; }
	$(BIN)/pip install --no-deps -e .
	touch $@

lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install ".[workflow,dev]"
	echo "# Made by make lock: all that the project is installed, run and tested with." > requirements.lock
	.venv-lock/bin/pip freeze --all --exclude pip --exclude actor-critic-gap | sed 's/+cpu$$//' | LC_ALL=C sort -f >> requirements.lock
	.venv-lock/bin/pip install -c requirements.lock ".[docs]"
	echo "# Made by make lock: what make docs adds to requirements.lock." > docs/requirements.txt
	.venv-lock/bin/pip freeze --all --exclude pip --exclude actor-critic-gap | sed 's/+cpu$$//' | LC_ALL=C sort -f \
		| grep -vxFf requirements.lock >> docs/requirements.txt
	rm -rf .venv-lock

.PHONY: quick test test-sb3 check docs links lock
