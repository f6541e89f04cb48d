# The targets, each with all of its own set-up. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUST := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name Cargo.toml 2>/dev/null)
STAMP := $(VENV)/.built
# Bytecode, as an installation has it: without it every start compiles dozens of modules, 0.05 s and more.
COMPILED := $(VENV)/.compiled

.DEFAULT_GOAL := help
.PHONY: help build docs demo test check rust-test python-test format lint types bench bench-surge fuzz lock clean oracle

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(STAMP): $(VENV)/.installed $(RUST) pyproject.toml
	$(BIN)/maturin develop --release --quiet --locked >/dev/null
	touch $@

$(COMPILED): $(STAMP) $(shell find wiretell -name '*.py')
	$(BIN)/python -m compileall -q wiretell
	touch $@

build: $(COMPILED) ## the environment in .venv with wiretell in it

demo: $(COMPILED) ## a synthesized trace, profiled: on the screen, and as a page in demo-out/demo.html
	@mkdir -p demo-out
	$(BIN)/wiretell synth demo-out/demo.pcap
	$(BIN)/wiretell profile demo-out/demo.pcap --html demo-out/demo.html

test: check rust-test python-test ## format, lints, types and every test of both languages

check: $(STAMP) ## format, lints, types, import direction
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m mypy.stubtest wiretell._native --mypy-config-file pyproject.toml --ignore-missing-stub
	$(BIN)/python tools/tables.py --check

rust-test:
	cargo test --quiet --profile quick --workspace --exclude python --locked

python-test: $(STAMP)
	$(BIN)/python -m pytest -n 2

docs: $(STAMP) ## rewrite the pages that are generated
	$(BIN)/python tools/tables.py

format: $(VENV)/.installed ## rewrite the sources in the house format
	cargo fmt --all
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lock: $(VENV)/.installed ## rewrite the lock files
	.ci/lock
	cargo update --workspace

clean: ## remove what the targets made
	rm -rf $(VENV) target fuzz/target demo-out bench-out $$(find wiretell -name __pycache__)

oracle: $(STAMP) ## rewrite the golden files of tests/golden by asking tshark, tcptrace and Bro's logs (minutes)
	$(BIN)/python -m tests.oracle.make_golden
	$(BIN)/python -m tests.oracle.make_tcp_golden
	$(BIN)/python -m tests.oracle.logged_golden
	$(BIN)/python -m tests.oracle.tshark_events
	$(BIN)/python -m tests.oracle.tshark_compared
	$(BIN)/python -m tests.oracle.estimate

bench-surge: $(COMPILED) ## floods metered at a tenth of the memory, the filter against a uniform sample (minutes)
	$(BIN)/python -m benches.surge

bench: $(COMPILED) ## side by side with other tools: every command, half an hour
	status=0; for command in summary profile connections events; do \
	  $(BIN)/python -m benches.bench $$command || status=1; \
	done; $(BIN)/python -m benches.behavior || status=1; exit $$status

FUZZ_SECONDS ?= 60
fuzz: ## every fuzz target for FUZZ_SECONDS each; what they find stays in fuzz/artifacts
	command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
	for target in $$(cargo fuzz list); do \
	  mkdir -p fuzz/target/corpus/$$target && \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run $$target fuzz/target/corpus/$$target fuzz/corpus/$$target -- \
	    -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 || exit 1; \
	done
