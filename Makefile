PYTHON ?= python3
STACK := $(PYTHON) infra/local/stack.py
TOOLS := .local/venv-tools/bin
ROLE ?= portal

.DEFAULT_GOAL := help
.PHONY: help schema sdk setup build up down status token catalogue redrive integrator-secret check-event deadline demo prove-kill test fuzz-http fuzz-parsers readme check check-spelling check-toml check-python check-template check-contract fmt hooks release cost bench bench-events bench-night replay sbom advisories deploy-check register-sheet replay-changes prove mutants

help: ## list the doors
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the pinned tools into .local (the other doors do it when needed)
	$(STACK) setup

build: ## build the functions, laid out for infra/template.yaml, and the stand-ins
	@$(PYTHON) infra/local/build.py --workspace --exclude bench --exclude floor --bins --locked
	$(STACK) stage

up: build ## start a local stack afresh and leave it running, its addresses in .local/stack.env
	$(STACK) up

down: ## stop the stack, leave nothing running; what it held is gone
	$(STACK) down

status: ## show what of the stack runs
	@$(STACK) status

token: ## print a bare token: make -s token ROLE=portal|administrator|auditor, ROLE=officer AGENCY=H20.12, ROLE=citizen ID=087199012345
	@$(STACK) token --role $(ROLE) $(if $(AGENCY),--agency $(AGENCY)) $(if $(ID),--id $(ID))

catalogue: ## put the files of infra/data into force without a deployment: make catalogue [DRY_RUN=1]; on the local stack, or where API_URL and an administrator's TOKEN say
	@$(PYTHON) infra/publish.py $(if $(DRY_RUN),--dry-run)

redrive: setup ## show dead letters by reason, and send them back (docs/operations.md): make redrive [QUEUE=notices|national|integrators-events|counts|documents|fetches|relay-failures] [REASON="given-up esms 103"] [RATE=10] [GO=1]
	@.local/venv/bin/python infra/redrive.py $(QUEUE) $(if $(REASON),--reason "$(REASON)") $(if $(RATE),--rate $(RATE)) $(if $(GO),--go)

replay-changes: setup ## have a subscriber that lost its data told again of everything recorded since: make replay-changes SUBSCRIBER=test-changes SINCE=2026-11-01; on the local stack, or in the account of the environment
	@.local/venv/bin/python infra/replay_changes.py $(SUBSCRIBER) $(SINCE)

integrator-secret: ## print the secret that an integrator signs with, or we sign with to a webhook: make -s integrator-secret SOURCE=urn:motcua:integrator:ecosys|SUBSCRIBER=justice-changes [KEY=1]; of the local stack, or of the EVENTS_KEY of the environment
	@$(PYTHON) infra/integrator_secret.py $(if $(SUBSCRIBER),--subscriber $(SUBSCRIBER),$(SOURCE)) --key $(or $(KEY),1)

check-event: ## say everything that is wrong with an integrator's event, without a stack: make check-event FILE=events/integrators/submit.json
	@cargo run --quiet --locked -p ingest-event --example check-event -- $(FILE)

deadline: ## when is it due, and why: make deadline PROCEDURE=1.001193 RECEIVED=2026-02-13T14:59 [CHANNEL=online|counter|postal] [AGENCY=H20.12] [PAUSED=FROM/TO,...]
	@cargo run --quiet --locked -p domain --example deadline -- $(PROCEDURE) $(RECEIVED) $(or $(CHANNEL),online) $(AGENCY) --paused=$(PAUSED)

schema: ## write the JSON Schemas of infra/data from the types that read the files
	@cargo run --quiet --locked -p domain --features schema --example schema

# Installed again where the lock file is newer; nothing of what is installed runs while it is.
%/node_modules/.package-lock.json: %/package-lock.json
	npm ci --prefix $* --loglevel=error
	@touch $@

sdk: docs/examples/node_modules/.package-lock.json ## generate the TypeScript client from infra/openapi.yaml, and build it and the example portal (docs/examples)
	npm run --silent build --prefix docs/examples

demo: build ## play one working day of a province on a stack of its own
	$(STACK) run --dir .local/demo -- $(or $(CARGO_TARGET_DIR),target)/debug/demo

prove-kill: build ## the same day while the functions' processes are killed, and the books afterwards: make prove-kill [SECONDS=120] [SEED=N]
	$(STACK) run --dir .local/fire -- $(or $(CARGO_TARGET_DIR),target)/debug/fire $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

test: build sdk ## every test, the end-to-end ones on a stack of their own, the pages in a browser, the generated client, generated requests, the README
	$(PYTHON) infra/local/browser.py
	cargo test --workspace --locked --no-run
	cargo test -p domain --features schema --locked --test schemas
	$(STACK) run --dir .local/test -- cargo test --workspace --locked
	$(PYTHON) infra/local/fuzz_parsers.py
	$(STACK) run --dir .local/fuzz -- python infra/local/fuzz.py
	$(PYTHON) infra/local/readme.py
	$(PYTHON) infra/local/readme.py --readme docs/integrators.md

fuzz-http: build ## generated requests to every route as every role, on a stack of their own: make fuzz-http [EXAMPLES=20] [SEED=20261126]
	$(STACK) run --dir .local/fuzz -- python infra/local/fuzz.py $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(SEED),--seed $(SEED))

fuzz-parsers: ## inputs that coverage guides to every parser of outside text: make fuzz-parsers [PARSER=pdf] [RUNS=5000] [SECONDS=10]
	$(PYTHON) infra/local/fuzz_parsers.py $(if $(PARSER),--parser $(PARSER)) $(if $(RUNS),--runs $(RUNS)) $(if $(SECONDS),--seconds $(SECONDS))

mutants: ## break the code in one place at a time and show the breaks that no test notices: make mutants [CRATE=domain] [FILE=shared/domain/src/deadline.rs] [SHARD=0/20] [SINCE=HEAD~1] [AGAIN=1] [JOBS=2]
	$(PYTHON) infra/local/mutants.py $(if $(CRATE),--crate $(CRATE)) $(foreach file,$(FILE),--file '$(file)') $(if $(SHARD),--shard $(SHARD)) $(if $(SINCE),--since $(SINCE)) $(if $(AGAIN),--again) $(if $(JOBS),--jobs $(JOBS))

readme: ## run every block of the README and of docs/integrators.md, in one shell and in the order in which it stands, on a stack of their own
	$(PYTHON) infra/local/readme.py
	$(PYTHON) infra/local/readme.py --readme docs/integrators.md

check: setup check-spelling check-toml check-python check-template check-contract ## formatting, lints, types, spelling, licences and sources of dependencies, the template, the contract
	cargo fetch --locked
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy -p domain --all-targets --features schema --locked -- -D warnings
	$(TOOLS)/cargo-deny --offline check bans licenses sources

# Parts of check, as the hooks of .pre-commit-config.yaml call them too.
check-spelling: setup
	$(TOOLS)/typos

check-toml: setup
	RUST_LOG=warn $(TOOLS)/taplo format --check

check-python: setup
	$(TOOLS)/ruff check --quiet
	$(TOOLS)/ruff format --check --quiet
	$(TOOLS)/mypy --no-error-summary

check-template: setup
	AWS_DEFAULT_REGION=ap-southeast-1 SAM_CLI_TELEMETRY=0 $(TOOLS)/sam validate --lint --template infra/template.yaml

check-contract: infra/local/contract/node_modules/.package-lock.json
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npm run --silent lint --prefix infra/local/contract

fmt: setup ## lay out Rust, Python and TOML as make check wants them
	cargo fmt --all
	$(TOOLS)/ruff check --fix-only --quiet
	$(TOOLS)/ruff format --quiet
	RUST_LOG=warn $(TOOLS)/taplo format

hooks: setup ## have git run the quick parts of make check before each commit
	$(TOOLS)/pre-commit install

deploy-check: setup ## say what is wrong with a deployment, without touching the account: make deploy-check [ENV=prod|dev]
	@$(TOOLS)/python infra/deploy_check.py $(if $(ENV),--env $(ENV))

register-sheet: ## print the sheet of texts to register with Zalo and the SMS gateways, from infra/data/templates.json
	@$(PYTHON) infra/register_sheet.py

# By name: a build of the whole workspace would give the functions every feature that the tests need.
release: ## build for AWS, for this machine's architecture (sam deploy --parameter-overrides Architecture=...)
	cargo build --release --locked --bins $(addprefix -p ,$(notdir $(wildcard functions/*)))
	$(STACK) stage --profile release

bench-night: ## what a night costs by how much history lies behind it: make bench-night [DOSSIERS=1000000]
	cargo build --release --locked -p count-agency -p tests --bin count-agency --example night_cost
	target/release/examples/night_cost $(DOSSIERS)

sbom: ## write what the lock files pin as a bill of materials (CycloneDX), with licences and hashes, to .local/sbom.cdx.json
	cargo fetch --locked --quiet
	@$(PYTHON) infra/sbom.py --output .local/sbom.cdx.json

advisories: setup ## compare Cargo.lock with the published vulnerabilities of crates; on-line, since it fetches their list
	$(TOOLS)/cargo-deny check advisories

prove: ## long proofs with as many seeds as there is time for: make prove [SEEDS=5000] [FIRST=0] [DAYS=5] [FUZZ_SECONDS=300]
	$(PYTHON) infra/local/fuzz_parsers.py --seconds $(or $(FUZZ_SECONDS),300)
	SEEDS=$(SEEDS) FIRST=$(FIRST) cargo run --release --locked -p tests --example shuffle
	STRIDE=1 cargo test -p tests --test motcua --locked -- --nocapture whatever_is_asked
	SEEDS=$(or $(SEEDS),1000) FIRST=$(or $(FIRST),0) DAYS=$(or $(DAYS),5) cargo test -p tests --test motcua --locked -- --nocapture province::whatever

cost: ## what a dossier's life costs, by operation and by table, beside the common design, written to docs/figures.md
	@COST_WRITE=1 cargo test --quiet --locked -p tests --test motcua -- cost:: --nocapture

bench: release ## start, speed, memory and size of the functions beside floors and peers, written to docs/figures.md
	$(PYTHON) infra/local/peers.py
	cargo build --release --locked -p floor
	cargo build --release --locked -p bench
	BENCH_WRITE=1 target/release/bench

bench-events: ## events in and out: speed beside Python, requests to queues, a day's outage of the portal, written to docs/figures.md: make bench-events [CHANGES=10000]
	$(PYTHON) infra/local/peers.py
	cargo build --release --locked --bins -p ingest-event -p relay-changes
	CHANGES=$(CHANGES) cargo run --release --locked -p tests --example events
	cargo build --release --locked -p bench
	BENCH_ONLY=events BENCH_WRITE=1 target/release/bench

replay: ## play a published year again and compare: make replay [SCALE=0.002] [PLACE=hai-duong|tay-ninh|tien-giang] [RELEASE=1]
	SCALE=$(SCALE) PLACE=$(PLACE) cargo run --locked $(if $(RELEASE),--release) -p tests --example replay
