# The words a person types. `make run` and `make test` install what is missing first.
SWIFT ?= swift
PORT ?= 8080

.PHONY: run test bench soak matrix reports lint format setup build clean

run: setup
	$(SWIFT) build -c release --product pointsman
	mkdir -p var
	.build/release/pointsman serve --port $(PORT) $(ARGS)

test: setup
	@.ci/setup-tests
	@Tests/VendorStreetTests/Scripts/packages.sh
	$(SWIFT) build --build-tests
	@SWIFT=$(SWIFT) .ci/tests $(ARGS)
	$(MAKE) --no-print-directory lint

bench: setup
	$(SWIFT) build -c release --product pointsman
	$(SWIFT) build -c release --product curl-reference
	$(SWIFT) build -c release --product bench
	.build/release/bench $(ARGS)

# Jobs in flight for ten minutes while vendors fail and the router is killed; fails when one is lost or done twice.
soak: setup
	$(SWIFT) build -c release --product pointsman
	$(SWIFT) build -c release --product bench
	mkdir -p reports
	.build/release/bench soak --out reports/soak --revision "$$(git describe --always --dirty)" $(ARGS)

# Every declared vendor against every fault of the street: what followed, held against the failure taxonomy.
matrix: setup
	mkdir -p reports
	$(SWIFT) build --build-tests
	POINTSMAN_SLOW=1 POINTSMAN_MATRIX="$(CURDIR)/reports/failover-matrix" \
	  POINTSMAN_REVISION="$$(git describe --always --dirty)" $(SWIFT) test --skip-build --filter FailoverMatrixTests $(ARGS)

# Makes the committed reports again; those that play a table need its file in TABLES.
reports: setup
	$(SWIFT) build -c release --product pointsman
	Simulations/reports.sh $(ARGS)
	POINTSMAN_SLOW=1 $(SWIFT) test --filter OffPolicyEvaluationTests

build: setup
	$(SWIFT) build -c release

lint:
	$(SWIFT) format lint --strict --recursive --configuration .swift-format Sources Simulations Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive --configuration .swift-format Sources Simulations Tests Package.swift

setup:
	@.ci/setup

clean:
	rm -rf .build
