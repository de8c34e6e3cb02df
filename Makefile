# `make` says what there is. Nothing has to be set up first.
PYTHON ?= python3
PORT ?= 8080
AWS_PORT ?= 4566
REGISTRY_PORT ?= 4577
IKD_PORT ?= 4588
STAGE ?= banyuwangi
N ?= 2000
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run demo rank chaos drill test check prove fuzz faithful bench package deploy pilot clean clean-data simulate mutate cost load

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort | while IFS='	' read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

run: ## all of Tepat on this machine, at http://127.0.0.1:8080 (PORT=, AWS_PORT=, REGISTRY_PORT=, IKD_PORT=)
	@$(PYTHON) infra/bootstrap.py dev aws "clamav?"
	@exec $(PY) -m infra.local --stage $(STAGE) --port $(PORT) --aws-port $(AWS_PORT) --registry-port $(REGISTRY_PORT) --ikd-port $(IKD_PORT)

demo: ## send N=2000 invented families to the running Tepat, through its public API
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m infra.demo --stage $(STAGE) --families $(N) --url http://127.0.0.1:$(PORT)/v1 --registry http://127.0.0.1:$(REGISTRY_PORT)

rank: QUOTAS := PKH=40,SEMBAKO=60
rank: ## close a region of the running Tepat: borders, quotas, manifest, ledger, a check by SQL (REGION=52.71, QUOTAS=)
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m infra.rank --region "$(REGION)" --quotas "$(QUOTAS)" --url http://127.0.0.1:$(PORT) --aws-port $(AWS_PORT)

pilot: ## a pilot from its region's code: its file, its villages, Chalice's file (REGION=52.71)
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m infra.new_pilot --region "$(REGION)"

CHAOS_PORT ?= 4780
SEED ?= 1
MINUTES ?= 10
chaos: N := 300
chaos: ## break a Tepat of its own while N=300 families register, and judge what is left (SEED=, MINUTES=)
	@$(PYTHON) infra/bootstrap.py dev aws
	@exec $(PY) -m infra.chaos --families $(N) --seed $(SEED) --minutes $(MINUTES) --port $(CHAOS_PORT)

DRILL_PORT ?= 4850
drill: N := 300
drill: ## lose a pilot of N=300 families with all its tables, restore it from files, and prove it is the same
	@$(PYTHON) infra/bootstrap.py dev aws
	@exec $(PY) -m infra.drill --families $(N) --port $(DRILL_PORT)

# Three processes for two processors, since some wait for a browser or the local AWS; none of them
# may start threads of its own for its sums.
test: export OMP_NUM_THREADS := 1
test: export POLARS_MAX_THREADS := 1
test: ## every test but the long proofs
	@$(PYTHON) infra/bootstrap.py dev aws chromium clamav
	@$(PY) -m frontend.build
	@$(PY) -m pytest -q -n 3 --dist loadgroup -m "not prove" $(ARGS)

prove: ## the long proofs: more seeds, larger worlds
	@$(PYTHON) infra/bootstrap.py dev aws chromium clamav
	@$(PY) -m frontend.build
	@$(PY) -m pytest -q -m prove $(ARGS)

fuzz: N := 1000000
fuzz: STAFF := 20000
fuzz: ## N=1000000 hostile requests to the handlers, STAFF=20000 to the staff's, in process, every answer judged
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m frontend.build
	@$(PY) -m tests.fuzz.run $(N)
	@$(PY) -m tests.fuzz.run --staff $(STAFF)

faithful: N := 20000
faithful: ## N=20000 random calls into fakes, moto and local AWS, every answer and state compared
	@$(PYTHON) infra/bootstrap.py dev aws
	@$(PY) -m tests.faithful.run $(N)

SEEDS ?= 0:5000
simulate: ## run the system through faults: SEEDS=0:5000, one seed to read it, or "--on 20000"
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m tests.simulation.command $(SEEDS)

mutate: ## break the core on purpose: do the tests notice? goes on where it stopped (ARGS=--report, ARGS="'*.nik*'")
	@$(PYTHON) infra/bootstrap.py dev
	@nice -n 10 $(PY) -m tests.mutation.command $(ARGS)

bench: ## the budgets: calls, units, bytes, modules, zip, money, instructions, ratios; what moved (ARGS=--pin|--quick)
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m frontend.build
	@$(PY) -m tests.bench.table $(ARGS)

FAMILIES ?= 95000000
cost: ## what a year of FAMILIES=95000000 costs, by operation, and what moves it (STAGES=, PROFILE=)
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m infra.cost --families "$(FAMILIES)" $(if $(STAGES),--stages "$(STAGES)") $(if $(PROFILE),--profile "$(PROFILE)")

LOAD_PORT ?= 4880
load: N := 300
load: ## which day loses whom, simulated, and a real load of N=300 families beside its prediction (ARGS=--simulate)
	@$(PYTHON) infra/bootstrap.py dev $(if $(findstring --simulate,$(ARGS)),,aws)
	@exec $(PY) -m infra.load --families "$(N)" --port $(LOAD_PORT) $(ARGS)

check: ## style, types, unsafe calls, arrows, templates, secrets and numbers, packages, what is shipped
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m tests.static.check $(ARGS)

package: ## a pilot's package for AWS (arm64), checked, with hashes and the list of what is in it: build/<pilot> (STAGE=, DIRTY=1)
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m infra.make_package --stage $(STAGE) $(if $(DIRTY),--dirty)

ENDPOINT ?=
deploy: ## a pilot's package to AWS, asking before each change (STAGE=, YES=1); ENDPOINT=local: to the local AWS, and a walk through it
	@$(PYTHON) infra/bootstrap.py dev aws $(if $(ENDPOINT),"clamav?")
	@$(PY) -m infra.deploy --stage $(STAGE) --endpoint "$(ENDPOINT)" $(if $(YES),--yes) --port $(PORT) --aws-port $(AWS_PORT) --registry-port $(REGISTRY_PORT) --ikd-port $(IKD_PORT) $(ARGS)

FILE ?=
SOURCE ?=
AS_OF ?=
OUT ?= exported/$(STAGE)
.PHONY: import export
import: ## a region's list of families: FILE=, SOURCE=DTSEN-2026-01, AS_OF=2026-01-23, STAGE=, ENDPOINT=local (ARGS=--check, ARGS=--leave-out)
	@$(PYTHON) infra/bootstrap.py dev $(if $(ENDPOINT),aws)
	@$(PY) -m infra.bulk_import --stage $(STAGE) --endpoint "$(ENDPOINT)" --aws-port $(AWS_PORT) --source "$(SOURCE)" --as-of "$(AS_OF)" $(ARGS) "$(FILE)"

export: ## everything of a pilot to open files, with counts and hashes, sealed as it lies (STAGE=, OUT=exported/STAGE, ENDPOINT=local)
	@$(PYTHON) infra/bootstrap.py dev $(if $(ENDPOINT),aws)
	@$(PY) -m infra.bulk_export --stage $(STAGE) --endpoint "$(ENDPOINT)" --aws-port $(AWS_PORT) --out "$(OUT)" $(ARGS)

.PHONY: shared edge remove
shared: ## what all pilots of an AWS account share: firewall, alarms, keys, budget, dashboard (ARGS="--alarm-address ...", YES=1)
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m infra.shared $(if $(YES),--yes) $(ARGS)

edge: ## a pilot's CloudFront, one domain for site and APIs (STAGE=, ARGS="--certificate ARN", YES=1)
	@$(PYTHON) infra/bootstrap.py dev
	@$(PY) -m infra.edge --stage $(STAGE) $(if $(YES),--yes) $(ARGS)

CONFIRM ?=
remove: ## take a pilot away: data to removed/STAGE, compared, then all of it destroyed (ENDPOINT=local, CONFIRM=its name)
	@$(PYTHON) infra/bootstrap.py dev $(if $(ENDPOINT),aws)
	@$(PY) -m infra.remove --stage $(STAGE) --endpoint "$(ENDPOINT)" --aws-port $(AWS_PORT) --confirm "$(CONFIRM)" $(ARGS)

clean: ## forget everything built; the local data stays
	@rm -rf build .local/package .local/package.sources frontend/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

clean-data: ## forget the local data too: families, accounts, keys
	@rm -rf .local/aws .local/chaos .local/deploy .local/drill .local/staff.json .local/population*.jsonl .local/registry-token
