# The commands of this repository. `make test` is the one that must pass.
.DEFAULT_GOAL := help
.PHONY: help test lint e2e bench clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## Install what is missing, then run every check and test there is
	@scripts/test.sh

lint: ## Formatting, clippy, and the checks of scripts, containers and licenses
	@scripts/lint.sh

e2e: ## Only the real clients and the real browser
	@scripts/e2e.sh

bench: ## Measure speed and size against what the machine can do
	@scripts/bench.sh

clean: ## Remove everything that was built or installed in this folder
	rm -rf target tests/e2e/node_modules tests/e2e/.venv
