# vpp-operator. Needs Go, git, make and a C compiler (for the race detector);
# all else is pinned in go.mod and hack/*/go.mod and built from source.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME ?= 30s

# The image; by default the one that config/ names.
IMG       ?= $(shell awk '$$1 == "image:" {print $$2}' config/agent/daemonset.yaml)
PLATFORMS ?= linux/amd64,linux/arm64

# Of a cluster on this machine.
NODES ?= 2

# Tools keep their own module, so that go.mod names only what the product needs.
golangci-lint := go tool -modfile=hack/tools/go.mod golangci-lint

##@ Start here

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  \033[36m%-15s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Two nodes with API server, VPPs, agents and samples (ARGS=--once: do not stay)
	@go build -o bin/demo ./hack/demo # not go run, which keeps signals to itself
	@exec bin/demo $(ARGS)

.PHONY: tour
tour: build ## Tour a VPP's API, simulated or at VPP_API_SOCKET (ARGS=--once: do not stay)
	@hack/tour.sh $(ARGS)

.PHONY: test
test: verify lint unit ## All that must pass before a change goes in

##@ Build

.PHONY: build
build: ## Build bin/vpp-operator and bin/vppapi, static
	CGO_ENABLED=0 go build -trimpath -ldflags '-X github.com/vpp-operator/vpp-operator/cmd/internal/version.version=$(VERSION)' -o bin/ ./cmd/...

.PHONY: build-installer
build-installer: ## Build dist/install.yaml, for kubectl apply (IMG=: of that image)
	hack/build-installer.sh dist/install.yaml $(IMG)

.PHONY: docker-build
docker-build: ## Build the image, IMG, for this machine
	docker build --build-arg VERSION=$(VERSION) --tag $(IMG) .

.PHONY: docker-buildx
docker-buildx: ## Build the image for PLATFORMS and push it
	docker buildx build --platform $(PLATFORMS) --build-arg VERSION=$(VERSION) --tag $(IMG) --push .

.PHONY: image
image: ## Build the image as dist/vpp-operator.tar, without Docker
	hack/build-image.sh dist/vpp-operator.tar $(IMG) $(VERSION)

.PHONY: controlplane
controlplane: ## Build the tests' kube-apiserver, kubectl and etcd: minutes, once
	@go run ./hack/build-controlplane

.PHONY: generate
generate: api-docs ## Write the generated files anew
	go generate ./...
	hack/kinds.sh

.PHONY: api-docs
api-docs: ## Write docs/api.md anew
	cd api/v1alpha1 && go tool -modfile=../../hack/tools/go.mod crd-ref-docs --log-level=ERROR --source-path=. \
	  --config=../../hack/api-docs.yaml --renderer=markdown --output-path=../../docs/api.md

.PHONY: fmt
fmt: ## Format the Go code
	$(golangci-lint) fmt

.PHONY: tidy
tidy: ## Bring the go.mod and go.sum files in line with the code
	go mod tidy
	go -C hack/tools mod tidy
	go -C hack/controlplane mod tidy
	go -C hack/image mod tidy

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist

##@ A Kubernetes on this machine

.PHONY: cluster
cluster: # what the others of these need
	@go build -o bin/cluster ./hack/cluster # not go run, which keeps signals to itself
	@hack/build-image.sh dist/vpp-operator.tar $(IMG) $(VERSION)
	@hack/cluster/build-pause.sh dist/pause.tar

.PHONY: cluster-up
cluster-up: cluster build-installer ## Start a cluster, of NODES=2 nodes, for dist/install.yaml (VPP_BIN: with that VPP)
	@bin/cluster up --nodes $(NODES) --image dist/vpp-operator.tar

.PHONY: cluster-down
cluster-down: ## End that cluster
	@bin/cluster down

# Exit status 3 says that no cluster can run here, and why; that is no failure.
.PHONY: test-cluster
test-cluster: ## Run the scenarios in a cluster, where this machine can have one
	@go build -o bin/cluster ./hack/cluster
	@if bin/cluster check; then $(MAKE) --no-print-directory cluster build-installer && \
	  hack/build-image.sh dist/vpp-operator-next.tar localhost/vpp-operator:next $(VERSION)-next && \
	  bin/cluster run --nodes $(NODES) --image dist/vpp-operator.tar,dist/vpp-operator-next.tar -- \
	    go test -count=1 -timeout=40m -v -run='^TestCluster$$' ./test/e2e; \
	else [ $$? = 3 ]; fi

##@ Check

.PHONY: verify
verify: ## Fail if generate, fmt or tidy would change a file
	@hack/verify.sh

.PHONY: vet
vet: ## Run go vet
	go vet ./...

.PHONY: lint
lint: ## Run every linter (.golangci.yml)
	$(golangci-lint) run

# Those of test/e2e run after the others and one by one: each has a control plane
# and agents at work, which a small machine cannot bear beside all else.
.PHONY: unit
unit: controlplane ## Run the tests with the race detector
	packages=$$(go list ./... | grep -v /test/e2e) && go test -race -timeout 30m $$packages
	go test -race -timeout 30m -p 1 ./test/e2e/...

.PHONY: bench
bench: controlplane ## Run the benchmarks (VPP_API_SOCKET: against that VPP too)
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-operator
bench-operator: controlplane ## Measure the whole operator (VPP_BIN: with that VPP)
	go test -run '^$$' -bench . -benchtime 1x -timeout 30m ./test/e2e/scale

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (30s)
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' cmd pkg | \
	while IFS=: read -r file func; do \
	  go test -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME) "./$${file%/*}"; \
	done
