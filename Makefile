# Redink. `make` lists what there is; every target sets itself up.
PYTHON ?= python3
PORT ?= 8000
STAGES ?= one
export PORT STAGES
BROKER ?= tansu
SEED ?= 1
BIN := .venv/bin
SERVICES := ocr parser analyzer diagnostic report gateway
COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -q
READY := .venv/installed
# Tests of real servers mostly wait: three files at a time, each worker with servers of its own.
SUITE := $(BIN)/python -m scripts.suite
# Both brokers run what depends on one; the gateway's own tests play the broker, but for one file.
BROKER_TESTS = tests/component/runtime tests/component/tools tests/component/gateway/test_gateway_on_kafka.py \
	tests/e2e/test_one_paper.py tests/e2e/test_killed_stages.py tests/faults

.DEFAULT_GOAL := help
.PHONY: help setup demo up reset test test-kafka fuzz torture torture-long soak check format generate bench load lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## /{printf "  make %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## the environment, from the hashed lock

$(READY): requirements/all.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Redink needs Python 3.11; say PYTHON=...")'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/all.txt
	@touch $@

demo: $(READY) ## one sample paper through everything: result in words, report as HTML and PDF
	$(BIN)/python -m deploy.native demo

up: $(READY) ## embedded stack and all services on port 8000 (PORT=), STAGES=process for one process per stage
	$(BIN)/python -m deploy.native up

reset: $(READY) ## forget the data of `make up`
	$(BIN)/python -m deploy.native reset

test: check ## everything CI checks: on the embedded broker, then on Apache Kafka
	$(SUITE)
	$(MAKE) test-kafka

test-kafka: $(READY) ## what depends on the broker, on Apache Kafka (needs Java 17 and Maven)
	REDINK_TEST_BROKER=kafka $(SUITE) $(BROKER_TESTS)

fuzz: $(READY) ## ten minutes of drawn requests against the gateway, held against its OpenAPI
	REDINK_TEST_FUZZ=600 $(BIN)/python -m pytest tests/component/gateway/test_openapi_conformance.py

torture: $(READY) ## a minute of faults of every kind, then the audit (BROKER=kafka for Apache Kafka, SEED=)
	$(BIN)/python -m tests.faults --broker $(BROKER) --exams 150 --minutes 1 --seed $(SEED)

torture-long: $(READY) ## the reliability proof: thousands of exams and faults, on both brokers (about an hour)
	$(BIN)/python -m tests.faults --broker tansu --exams 3400 --minutes 18 --calm 3.5 --seed $(SEED)
	$(BIN)/python -m tests.faults --broker kafka --exams 3400 --minutes 18 --calm 3.5 --seed $(SEED)

soak: $(READY) ## half an hour of steady load and some faults: does memory, or anything else, grow?
	$(BIN)/python -m tests.faults --soak --broker $(BROKER) --minutes 30 --seed $(SEED)

check: $(READY) ## style, types, layers, generated files, Dockerfile, compose file and manifests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.generate --check
	$(BIN)/python -m pytest tests/native/test_deploy.py

format: $(READY) ## mend what a tool can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

generate: $(READY) ## write the generated files anew
	$(BIN)/python -m scripts.generate

bench: $(READY) ## every benchmark, as ratios against named peers
	$(BIN)/python -m bench

load: $(READY) ## students upload at once and at rising rates: latencies, CPU, memory, into docs/performance.md (5 minutes)
	$(BIN)/python -m tests.load --write docs/performance.md

lock: $(READY) ## compile all lock files anew (after a change of pyproject.toml)
	$(COMPILE) --all-extras -o requirements/all.txt
	for service in $(SERVICES) heic tracing; do \
		$(COMPILE) --extra $$service -c requirements/all.txt -o requirements/$$service.txt || exit 1; done
	$(subst pyproject.toml,requirements/manifests.in,$(COMPILE)) -o requirements/manifests.txt
