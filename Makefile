# One word per need; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help up test test-browser screenshots bench fuzz fuzz-min lint k8s prepare clean-data

# `make up` and `make test` share one build: the second that a newcomer runs compiles a fifth of the
# first. RELEASE=1 builds what production runs.
target := $(or $(CARGO_TARGET_DIR),target)
built := $(target)/$(if $(RELEASE),release,debug)
ready = $(firstword $(wildcard $(target)/debug/coordinator $(target)/release/coordinator))
programs := --bin coordinator --bin agent --bin simulated-chains
export SQLX_OFFLINE := true

help: ## Lists what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Runs the fleet on this machine; SOURCES=dir watches the sources defined there, RELEASE=1 optimises it
	@command -v cargo >/dev/null || { echo "Rust is missing: see https://rustup.rs" >&2; exit 1; }
	@.ci/postgres --install >/dev/null
	cargo build $(if $(RELEASE),--release) --locked $(programs)
	$(built)/coordinator up $(if $(SOURCES),--sources $(SOURCES))

test: ## Runs all tests, with nextest where it is installed
	@.ci/postgres --install >/dev/null
	@.ci/test

test-browser: ## Tests the web page in Chromium, or only tests that match ONLY=words
	@.ci/postgres --install >/dev/null
	cargo build --locked $(programs)
	@tests/browser/run $(if $(ONLY),"$(ONLY)")

screenshots: ## Takes the pictures in coordinator/web/screenshots again
	@.ci/postgres --install >/dev/null
	cargo build --locked $(programs)
	@tests/browser/run --screenshots

# The programs are built here and never by the benchmarks: a cargo that is started by
# another one sees other variables, and rebuilds every crate whose build script watches them.
bench: ## Runs the benchmarks, or ONLY=name
	@.ci/postgres --install >/dev/null
	cargo build --release --locked $(programs) --bin bench
	$(target)/release/bench $(ONLY)

fuzz: ## Tries hostile input for SECONDS=600 a target, or only TARGETS=extract; needs cargo-fuzz
	@tests/fuzz/run $(or $(SECONDS),600) $(TARGETS)

fuzz-min: ## Keeps in the repository the fewest inputs that reach all that was reached
	@tests/fuzz/run min $(TARGETS)

lint: ## Runs the checks of formatting, clippy and documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

k8s: ## Renders the manifests and checks them against Kubernetes' schemas
	@.ci/render

prepare: ## Describes the SQL statements for builds without a database (schema/.sqlx)
	@.ci/prepare

clean-data: ## Stops the private Postgres and removes its data
	@test -n "$(ready)" || { echo "nothing was built here, so make up left no data" >&2; exit 1; }
	$(ready) down --remove-data
