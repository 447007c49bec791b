# `make` or `make help` lists everything. Each line after `##` is that list.

SHELL := /bin/bash
.DEFAULT_GOAL := help
SOURCES := Sources Tests Package.swift
# A crashing Swift program would start a backtracer that can hold the pipeline open for minutes.
export SWIFT_BACKTRACE := enable=no
# Hundreds of tests that start at once on two cores would only measure each other.
FEW_AT_ONCE := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Build, start a server, call a script task and follow a job's live log (Ctrl-C ends the server)
	@scripts/build --product martlet-keeper
	@scripts/build --product martlet
	@scripts/run-sample

.PHONY: test
test: lint ## Everything CI checks: format, lint, build, all tests
	@TEST_TOOLS=1 scripts/build --build-tests
	$(FEW_AT_ONCE) scripts/test

.PHONY: check
check: test ## The same as test

.PHONY: lint
lint: ## Check format and style; changes nothing
	swift format lint -r -p --strict $(wildcard $(SOURCES) Benchmarks)
	@scripts/check-scripts

.PHONY: format
format: ## Bring all Swift files into the house format
	swift format -i -r -p $(wildcard $(SOURCES) Benchmarks)

.PHONY: bench
bench: ## Build for release and print every figure beside its peer's (BENCH="submit log" for some)
	@EXTRA_PACKAGES=wrk scripts/build -c release --scratch-path .build-bench
	@.build-bench/release/martlet-bench .build-bench/release $(BENCH)

.PHONY: deb
deb: ## Build the Debian package: dist/martlet_VERSION_ARCHITECTURE.deb
	@scripts/build-deb

.PHONY: test-deb
test-deb: deb ## Install, use, upgrade and purge the package in a Debian root of its own (as root)
	@scripts/test-deb

.PHONY: operating
operating: ## Measure what happens at kill -9, power loss, a full disk, …: the table of docs/operating.md
	@scripts/measure-operating

.PHONY: ansible
ansible: ## Install the pinned ansible-core into .build/ansible: clusters are deployed with it
	@EXTRA_PACKAGES=python3-venv scripts/install-packages
	@scripts/ansible

.PHONY: bench-peers
bench-peers: ## Measure beside webhook, Celery, huey and RQ in one run (PEERS="martlet rq --json" for some)
	@EXTRA_PACKAGES="wrk redis-server webhook python3-venv" scripts/build -c release --scratch-path .build-bench
	@python3 -B Benchmarks/peers .build-bench/release $(PEERS)

.PHONY: bench-volumes
bench-volumes: ## Measure backups of volumes beside bare restic and borg, in CPU seconds
	@EXTRA_PACKAGES="restic rsync borgbackup" scripts/build -c release --scratch-path .build-bench
	@python3 -B Benchmarks/volumes .build-bench/release

.PHONY: bench-clusters
bench-clusters: ## Measure deploys beside bare ansible-playbook in CPU seconds, and how late events are seen
	@scripts/build -c release --scratch-path .build-bench
	@python3 -B Benchmarks/clusters .build-bench/release

.PHONY: bench-replication
bench-replication: ## Measure copies, applying and lag beside the databases' own tools (FLUSH=2: commits not durable)
	@EXTRA_PACKAGES="mariadb-server-core mariadb-client-core mydumper" scripts/build -c release --scratch-path .build-bench
	@folder=$$(mktemp -d) && COPY_BENCH=.build-bench/release/copy-bench scripts/bench-copy "$$folder"; status=$$?; rm -rf "$$folder"; exit $$status
	@scripts/bench-apply .build-bench/release/apply-bench
	@python3 -B Benchmarks/lag .build-bench/release --flush $(or $(FLUSH),1)

.PHONY: screenshots
screenshots: ## Show every page of the console in both languages, light and dark, narrow and wide: screenshots/
	@TEST_TOOLS=1 scripts/build --product martlet-keeper
	@scripts/build --product martlet
	@scripts/screenshots

.PHONY: soak
soak: ## The tests with about 10,000 kill rounds and 50 idle jobs (FILTER=Name for some; MARTLET_SEED=n repeats them)
	@TEST_TOOLS=1 scripts/build --build-tests
	$(FEW_AT_ONCE) MARTLET_SOAK=1 scripts/test $(if $(FILTER),--filter "$(FILTER)")
