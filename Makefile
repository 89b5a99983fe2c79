# The commands people type. `make help` lists them.
.PHONY: help run test soak chaos fuzz bench bench-bus bench-fulfilment bench-edge gallery contracts check lock
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## everything on this machine: set up what is missing, then `boxoffice up` (ARGS="--port 9000")
	@sh infra/setup.sh requirements.txt && exec .venv/bin/boxoffice up $(ARGS)

test: ## set up what is missing and run every test (ARGS="-k placing")
	@sh infra/setup.sh requirements-dev.txt && exec $(if $(ARGS),.venv/bin/pytest $(ARGS),sh infra/test.sh)

soak: ## failures at full length: 20,000 messages, 100,000 waiting, a minute frozen (ten minutes)
	@sh infra/setup.sh requirements-dev.txt && SOAK=1 exec .venv/bin/pytest -m soak $(ARGS)

chaos: ## 20 minutes of seeded faults under orders, then an audit (ARGS="--minutes 5 --transport redis", SEED=7)
	@sh infra/setup.sh requirements-dev.txt && exec .venv/bin/python -m tests.chaos $(ARGS)

bench: ## orders a second, beside pgbench and a bare aiohttp (ARGS="--processes 2 --existing 10000000")
	@sh infra/setup.sh requirements-dev.txt && exec .venv/bin/python -m benchmarks.orders $(ARGS)

bench-bus: ## the bus beside bare clients (ARGS="--postgres URL --amqp URL --redis URL"; without: an embedded Postgres)
	@sh infra/setup.sh requirements-dev.txt && exec .venv/bin/python -m benchmarks.bus $(ARGS)

bench-fulfilment: ## from POST to the mail's 250, beside Django with Celery (ARGS="--seconds 60 --memory 100000"; needs a C compiler)
	@sh infra/setup.sh requirements-dev.txt && sh benchmarks/setup.sh
	@exec .venv/bin/python -m benchmarks.fulfilment --celery-python .venv-bench/bin/python $(ARGS)

bench-edge: ## pages through HAProxy and Varnish beside orders itself (ARGS="--rate 2000 --seconds 10")
	@sh infra/setup.sh requirements-dev.txt && exec .venv/bin/python -m benchmarks.edge $(ARGS)

fuzz: ## schemathesis against the orders service for longer, from a new seed (EXAMPLES=300 SEED=1)
	@sh infra/setup.sh requirements-dev.txt && FUZZ_EXAMPLES=$${EXAMPLES:-300} FUZZ_SEED=$${SEED:-$$(date +%s)} \
	  .venv/bin/pytest -s tests/orders/test_fuzzing.py

gallery: ## pictures of the pages for docs/gallery/, from a shop that is started for it
	@sh infra/setup.sh requirements-dev.txt && exec .venv/bin/python -m tests.gallery

contracts: ## write docs/messages.schema.json anew: the messages as published
	@.venv/bin/python -m shared.asyncapi > docs/messages.schema.json.new && mv docs/messages.schema.json.new docs/messages.schema.json

check: ## lint, format, types
	@sh infra/setup.sh requirements-dev.txt
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

lock: ## pin the requirements anew, with hashes and without URLs (needs uv)
	@for extra in "" dev; do uv pip compile pyproject.toml $${extra:+--extra $$extra} --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -q -o requirements$${extra:+-$$extra}.txt; done
	@uv pip compile benchmarks/requirements.in --universal --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate -q -o benchmarks/requirements.txt
