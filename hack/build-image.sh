#!/usr/bin/env bash
# build-image.sh FILE IMAGE VERSION: writes to FILE, a tar in OCI's layout, the
# image that the Dockerfile makes, for this machine and without Docker.
set -euo pipefail
file=$(realpath -m "$1") image=$2 version=$3
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/vpp-operator/vpp-operator/cmd/internal/version.version=$version" -o "$out/" ./cmd/...
go run -C hack/image . -out "$file" -name "$image" -user 65532:65532 -entrypoint /vpp-operator "$out"/*
