#!/usr/bin/env bash
# build-pause.sh FILE: writes to FILE the image of the first process of every Pod.
set -euo pipefail
file=$(realpath -m "$1")
cd "$(dirname "$0")/../.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$out/" ./hack/cluster/pause
go run -C hack/image . -out "$file" -name localhost/pause:cluster -user 65532:65532 -entrypoint /pause "$out/pause"
