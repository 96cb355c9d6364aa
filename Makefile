# The words a person types. `make run` and `make test` install what is missing first.
SWIFT ?= swift
PORT ?= 8080

.PHONY: run test bench lint format setup build clean

run: setup
	$(SWIFT) build -c release --product pointsman
	mkdir -p var
	.build/release/pointsman serve --port $(PORT) $(ARGS)

test: setup
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build $(ARGS)
	$(MAKE) --no-print-directory lint

bench: setup
	$(SWIFT) build -c release --product bench --product pointsman
	.build/release/bench $(ARGS)

build: setup
	$(SWIFT) build -c release

lint:
	$(SWIFT) format lint --strict --recursive --configuration .swift-format Sources Tests Package.swift

format:
	$(SWIFT) format --in-place --recursive --configuration .swift-format Sources Tests Package.swift

setup:
	@.ci/setup

clean:
	rm -rf .build
